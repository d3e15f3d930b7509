"""Ask for 200 users, each with a number of its own, and print what each variant did."""

import httpx
import numpy as np

import serving_kit as sk

ADDRESS = "127.0.0.1:9502"  # change me: the port the pipeline was started on

with sk.connect(f"http://{ADDRESS}") as waiting:
    waiting.wait_ready(timeout_s=60)
digit = np.zeros((1, 1, 28, 28), np.float32)  # change me: a user's own request
with sk.PipelineClient() as client:
    client.connect([ADDRESS])
    for user in range(1, 201):
        answer = client.predict({"image": digit}, pack_tensor_format=True, log_id=user)
        if answer.err_no:
            raise SystemExit(answer.err_msg)
variants = httpx.get(f"http://{ADDRESS}/pipeline/figures").json()["ops"]["digits"]["variants"]
for name, seen in variants.items():
    counts = ", ".join(f"{seen[what]} {what}" for what in ("calls", "failed", "dropped"))
    print(f"{name}: {counts}, p95 {seen['p95_ms']:.2f} ms")
