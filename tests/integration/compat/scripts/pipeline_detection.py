from paddle_serving_server.web_service import WebService, Op
from paddle_serving_server.proto import general_model_config_pb2 as m_config
import google.protobuf.text_format

import os
import numpy as np
import yaml

# Global dictionary
GLOBAL_VAR = {}


class DetectorOp(Op):
    def init_op(self):
        self.feed_vars = GLOBAL_VAR["feed_vars"]

    def preprocess(self, input_dicts, data_id, log_id):
        (_, input_dict), = input_dicts.items()
        inputs = [np.array([float(number) for number in data.split()]) for key, data in input_dict.items()]
        return {self.feed_vars[0]: np.stack(inputs).astype("float32")}, False, None, ""

    def postprocess(self, input_dicts, fetch_dict, data_id, log_id):
        (_, input_dict), = input_dicts.items()
        result = {}
        for k, row in zip(input_dict.keys(), fetch_dict["price"]):
            result[k] = [f"house {value}" for value in row if value > 0]
        return result, None, ""


class DetectorService(WebService):
    def get_pipeline_response(self, read_op):
        return DetectorOp(name="ppdet", input_ops=[read_op])


def get_model_vars(serving_server_dir):
    f = open(os.path.join(serving_server_dir, "serving_server_conf.prototxt"), "r")
    model_var = google.protobuf.text_format.Merge(str(f.read()), m_config.GeneralModelConfig())
    f.close()
    feed_vars = [var.alias_name for var in model_var.feed_var]
    fetch_vars = [var.alias_name for var in model_var.fetch_var]
    return feed_vars, fetch_vars


if __name__ == "__main__":
    with open("config.yml") as f:
        service_config = yaml.load(f, Loader=yaml.Loader)
    model_dir = service_config["op"]["ppdet"]["local_service_conf"]["model_config"]
    GLOBAL_VAR["feed_vars"], GLOBAL_VAR["fetch_vars"] = get_model_vars(model_dir)
    detector_service = DetectorService(name="ppdet")
    detector_service.prepare_pipeline_config(yml_dict=service_config)
    detector_service.run_service()
