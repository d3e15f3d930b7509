from paddle_serving_client import Client
import sys
import numpy as np

client = Client()
client.load_client_config(sys.argv[1])
client.connect([sys.argv[2]])
fetch_list = client.get_fetch_names()

for row in range(3):
    new_data = np.zeros((1, 13)).astype("float32")
    new_data[0] = np.arange(13) + row
    fetch_map = client.predict(feed={"x": new_data}, fetch=fetch_list, batch=True)
    print(fetch_map)
one = client.predict(feed={"x": np.ones(13)}, fetch=["price"])
print(one["price"].shape, one["price"].dtype)
client.release()
