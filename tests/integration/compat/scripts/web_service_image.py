import sys
from paddle_serving_client import Client
import numpy as np
from paddle_serving_app.reader import Sequential, Base64ToImage, Resize, CenterCrop
from paddle_serving_app.reader import RGB2BGR, Transpose, Div, Normalize

try:
    from paddle_serving_server_gpu.web_service import WebService
except ImportError:
    from paddle_serving_server.web_service import WebService


class ImageService(WebService):
    def init_imagenet_setting(self):
        self.seq = Sequential([
            Base64ToImage(), Resize(256), CenterCrop(224), RGB2BGR(), Transpose(
                (2, 0, 1)), Div(255), Normalize([0.485, 0.456, 0.406],
                                                [0.229, 0.224, 0.225], True)
        ])
        self.label_dict = {}
        label_idx = 0
        with open(sys.argv[4]) as fin:
            for line in fin:
                self.label_dict[label_idx] = line.strip()
                label_idx += 1

    def preprocess(self, feed=[], fetch=[]):
        feed_batch = []
        is_batch = True
        for ins in feed:
            if "image" not in ins:
                raise ValueError("feed data error!")
            img = self.seq(ins["image"])
            feed_batch.append(img[np.newaxis, :])
        feed = {"image": np.concatenate(feed_batch, axis=0)}
        return feed, fetch, is_batch

    def postprocess(self, feed=[], fetch=[], fetch_map={}):
        score_list = fetch_map["feature_map"]
        result = {"label": [], "prob": []}
        for score in score_list:
            score = score.tolist()
            max_score = max(score)
            result["label"].append(self.label_dict[score.index(max_score)]
                                   .strip().replace(",", ""))
            result["prob"].append(max_score)
        return result


image_service = ImageService(name="image")
image_service.load_model_config(sys.argv[1])
image_service.init_imagenet_setting()
device = "cpu"
if sys.argv[2] == "gpu":
    image_service.set_gpus("0")
    device = "gpu"
image_service.prepare_server(workdir=sys.argv[3], port=int(sys.argv[5]), device=device)
image_service.run_rpc_service()
image_service.run_web_service()
