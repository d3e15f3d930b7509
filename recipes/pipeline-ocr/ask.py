"""Send a picture to the pipeline and print what it reads."""

import sys
from pathlib import Path

import numpy as np

import serving_kit as sk

URL = "http://127.0.0.1:9501"  # change me: the port in pipeline.yml; grpc:// works there too

picture = np.array([Path(sys.argv[1]).read_bytes()], dtype=object)
with sk.connect(URL, model="ocr") as client:
    client.wait_ready(timeout_s=60)
    answer = client.predict({"image": picture})
    for text, score in zip(answer["text"], answer["score"], strict=True):
        print(f"{score:.2f}  {text.decode()}")
    print(f"{len(answer['text'])} lines")
