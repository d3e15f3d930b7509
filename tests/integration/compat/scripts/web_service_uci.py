from paddle_serving_server.web_service import WebService
import numpy as np
import sys


class UciService(WebService):
    def preprocess(self, feed=[], fetch=[]):
        feed_batch = []
        is_batch = True
        new_data = np.zeros((len(feed), 1, 13)).astype("float32")
        for i, ins in enumerate(feed):
            nums = np.array(ins["x"]).reshape(1, 1, 13)
            new_data[i] = nums
        feed = {"x": new_data}
        return feed, fetch, is_batch


uci_service = UciService(name="uci")
uci_service.load_model_config(sys.argv[1])
uci_service.prepare_server(workdir="workdir", port=int(sys.argv[3]), device="cpu", use_trt=False, thread_num=2)
if sys.argv[2] == "debugger":
    uci_service.run_debugger_service()
else:
    uci_service.run_rpc_service()
uci_service.run_web_service()
