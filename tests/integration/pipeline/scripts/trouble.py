"""A pipeline for tests, on a free port that it prints: `work` doubles `x`, or does what `x` wants instead."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.pipeline import Op, PipelineServer, RequestOp, ResponseOp


class Work(Op):
    def init_op(self) -> None:
        self.seen: list[int] = []

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        (values,) = input_dicts.values()
        if values["x"] == "seen":
            return {"seen": ",".join(map(str, self.seen))}, True, None, ""
        self.seen.append(log_id)
        return {"x": np.array([[float(values["x"])]])}, False, None, ""

    def process(self, feed_batch: Any, typical_logid: int = 0) -> Any:
        numbers = feed_batch[0]["x"]
        if -1 in numbers:
            raise RuntimeError("no number of this batch may be -1")
        if -2 in numbers:
            os.abort()
        if -3 in numbers:
            time.sleep(600)
        while -4 in numbers and not Path("go-on").exists():
            time.sleep(0.01)
        return {"y": 2 * numbers}, 0, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        if "seen" in fetch_data:
            return fetch_data, None, ""
        return {"y": str(fetch_data["y"][0, 0]), "log_id": str(log_id)}, None, ""


def tell(ports: Mapping[str, int]) -> None:
    sys.stdout.write(f"{ports['']}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    server = PipelineServer("trouble")
    server.set_response_op(ResponseOp(input_ops=[Work("work", input_ops=[RequestOp()])]))
    server.prepare_server(sys.argv[1])
    server.run_server(port=0, on_ready=tell)
