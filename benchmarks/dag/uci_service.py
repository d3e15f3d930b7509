"""House prices as a pipeline of one op, as scripts for Paddle Serving 0.9 are written; both servers run this file.

Arguments: the path of config.yml. Runs under Python 3.8 too.
"""

import sys

import numpy as np
from paddle_serving_server.web_service import Op, WebService  # type: ignore[import-not-found] # the old name


class UciOp(Op):  # type: ignore[misc] # as above
    """Thirteen numbers as text to a price as text."""

    def preprocess(self, input_dicts, data_id, log_id):  # type: ignore[no-untyped-def] # as old scripts have it
        """Return the model's feed."""
        ((_, values),) = input_dicts.items()
        row = np.array([float(value) for value in values["x"].split(",")], np.float32)
        return {"x": row.reshape(1, 13)}, False, None, ""

    def postprocess(self, input_dicts, fetch_dict, data_id, log_id):  # type: ignore[no-untyped-def] # as above
        """Return the price."""
        return {"price": str(fetch_dict["price"])}, None, ""


class UciService(WebService):  # type: ignore[misc] # as above
    """The op alone."""

    def get_pipeline_response(self, read_op):  # type: ignore[no-untyped-def] # as above
        """Return the last op."""
        return UciOp(name="uci", input_ops=[read_op])


service = UciService(name="uci")
service.prepare_pipeline_config(sys.argv[1])
service.run_service()
