"""A pipeline for tests, on a free port that it prints: the first example of Paddle Serving, with its real model."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving_kit.pipeline import Op, PipelineServer, RequestOp, ResponseOp


class Uci(Op):
    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        (values,) = input_dicts.values()
        x = values["x"]
        if "other" in values:
            return {"other": np.zeros((1, 13), np.float32)}, False, None, ""
        if not isinstance(x, str):
            return values, False, None, ""
        if not x.strip():
            return {}, False, 51, "x is empty; send thirteen numbers"
        return {"x": np.array([[float(number) for number in x.split(",")]], np.float32)}, False, None, ""

    def postprocess(self, input_data: Any, fetch_data: Any, data_id: int = 0, log_id: int = 0) -> Any:
        return {"price": str(fetch_data["price"].tolist())}, None, ""


def tell(ports: Mapping[str, int]) -> None:
    sys.stdout.write(f"{ports['']}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    server = PipelineServer("uci")
    server.set_response_op(ResponseOp(input_ops=[Uci("uci", input_ops=[RequestOp()])]))
    server.prepare_server(sys.argv[1])
    server.run_server(port=0, on_ready=tell)
