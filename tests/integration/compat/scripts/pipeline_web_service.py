try:
    from paddle_serving_server_gpu.web_service import WebService, Op
except ImportError:
    from paddle_serving_server.web_service import WebService, Op
import logging
import numpy as np
import sys

_LOGGER = logging.getLogger()


class UciOp(Op):
    def init_op(self):
        self.separator = ","
        self.batch_separator = ";"

    def preprocess(self, input_dicts, data_id, log_id):
        (_, input_dict), = input_dicts.items()
        _LOGGER.info("UciOp::preprocess >>> log_id:{}, input:{}".format(log_id, input_dict))
        x_value = input_dict["x"]
        if isinstance(x_value, np.ndarray):
            return {"x": x_value}, False, None, ""
        rows = x_value.split(self.batch_separator)
        if rows[0].count(self.separator) != 12:
            return {}, False, 51, "{} numbers, not 13".format(rows[0].count(self.separator) + 1)
        x = [[float(number.strip()) for number in row.split(self.separator)] for row in rows]
        return {"x": np.array(x)}, False, None, ""

    def postprocess(self, input_dicts, fetch_dict, data_id, log_id):
        _LOGGER.info("UciOp::postprocess >>> data_id:{}, fetch:{}".format(data_id, fetch_dict))
        fetch_dict["price"] = str(fetch_dict["price"])
        return fetch_dict, None, ""


class UciService(WebService):
    def get_pipeline_response(self, read_op):
        uci_op = UciOp(name="uci", input_ops=[read_op])
        return uci_op


uci_service = UciService(name="uci")
uci_service.prepare_pipeline_config("config.yml")
uci_service.run_service()
