from paddle_serving_client import Client
from paddle_serving_app.reader.imdb_reader import IMDBDataset
import sys
import numpy as np

client = Client()
client.load_client_config(sys.argv[1])
client.add_variant("bow", [sys.argv[3]], 30)
client.add_variant("lstm", [sys.argv[4]], 70)
client.connect()

imdb_dataset = IMDBDataset()
imdb_dataset.load_resource(sys.argv[2])

for line in sys.stdin:
    word_ids, label = imdb_dataset.get_words_and_label(line)
    words = np.zeros((1, 13)).astype("float32")
    words[0, : len(word_ids)] = word_ids
    fetch_map = client.predict(feed={"x": words}, fetch=["price"], batch=True, need_variant_tag=True)
    print("server_tag={} prediction={}".format(fetch_map[1], fetch_map[0]["price"][0]))
