import sys
from paddle_serving_client import Client
from paddle_serving_app.reader import Sequential, File2Image, Resize, CenterCrop
from paddle_serving_app.reader import RGB2BGR, Transpose, Div, Normalize

client = Client()
client.load_client_config(sys.argv[1])
client.connect([sys.argv[2]])

seq = Sequential(
    [
        File2Image(),
        Resize(256),
        CenterCrop(224),
        RGB2BGR(),
        Transpose((2, 0, 1)),
        Div(255),
        Normalize([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], True),
    ]
)
img = seq(sys.argv[3])
fetch_map = client.predict(feed={"x": img}, fetch=["save_infer_model/scale_0.tmp_1"])
print(fetch_map["save_infer_model/scale_0.tmp_1"].shape, fetch_map["save_infer_model/scale_0.tmp_1"].mean())
