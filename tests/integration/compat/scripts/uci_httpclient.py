from paddle_serving_client.httpclient import HttpClient
import sys
import numpy as np

client = HttpClient()
client.load_client_config(sys.argv[1])
mode = sys.argv[3]
if mode == "grpc":
    client.set_use_grpc_client(True)
elif mode == "json":
    client.set_http_proto(False)
elif mode == "gzip":
    client.set_request_compress(True)
    client.set_response_compress(True)
client.connect([sys.argv[2]])
fetch_list = client.get_fetch_names()

rows = 100
new_data = np.zeros((rows, 13)).astype("float32")
new_data[:] = np.arange(13)
fetch_map = client.predict(feed={"x": new_data}, fetch=fetch_list, batch=True)
if mode == "json":
    tensor = fetch_map["outputs"][0]["tensor"][0]
    print(tensor["alias_name"], tensor["shape"], sum(tensor["float_data"]))
else:
    tensor = fetch_map.outputs[0].tensor[0]
    print(tensor.alias_name, list(tensor.shape), sum(tensor.float_data))
