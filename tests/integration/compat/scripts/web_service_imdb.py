from paddle_serving_server.web_service import WebService
from paddle_serving_app.reader.imdb_reader import IMDBDataset
import sys
import numpy as np


class IMDBService(WebService):
    def prepare_dict(self, args={}):
        if len(args) == 0:
            exit(-1)
        self.dataset = IMDBDataset()
        self.dataset.load_resource(args["dict_file_path"])

    def preprocess(self, feed={}, fetch=[]):
        feed_batch = []
        words_lod = [0]
        is_batch = True
        for ins in feed:
            words = self.dataset.get_words_only(ins["words"])
            words = np.array(words).reshape(len(words), 1)
            words_lod.append(words_lod[-1] + len(words))
            feed_batch.append(words)
        feed = {"words": np.concatenate(feed_batch), "words.lod": words_lod}
        return feed, fetch, is_batch


imdb_service = IMDBService(name="imdb")
imdb_service.load_model_config(sys.argv[1])
imdb_service.prepare_dict({"dict_file_path": sys.argv[3]})
imdb_service.prepare_server(
    workdir=sys.argv[2], port=int(sys.argv[4]), device="cpu")
imdb_service.run_debugger_service()
imdb_service.run_web_service()
