"""Wait for the server, ask it for a price, print the answer."""

import numpy as np

import serving_kit as sk

URL = "http://127.0.0.1:9500"  # change me: the port the server was started on

house = np.array(
    [[0.0137, -0.1136, 0.2553, -0.0692, 0.0582, -0.0727, -0.1583, -0.0584, 0.6283, 0.4919, 0.1856, 0.0795, -0.0332]],
    dtype=np.float32,
)

with sk.connect(URL) as client:
    client.wait_ready(timeout_s=60)
    price = client.predict({"x": house})["price"]
    print(f"{price.item():.4f} thousand dollars")
