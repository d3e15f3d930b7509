from paddle_serving_client import Client, HttpClient
from paddle_serving_client.utils import MultiThreadRunner
from paddle_serving_client.utils import benchmark_args, show_latency
import time
import numpy as np

args = benchmark_args()


def single_func(idx, resource):
    latency_list = []
    if args.request == "rpc":
        client = Client()
    else:
        client = HttpClient()
    client.load_client_config(args.model)
    client.connect([args.endpoint])
    start = time.time()
    for i in range(resource["turns"]):
        l_start = time.time()
        data = np.ones((args.batch_size, 13)).astype("float32")
        fetch_map = client.predict(feed={"x": data}, fetch=["price"], batch=True)
        if fetch_map is None:
            return [[None]]
        latency_list.append(time.time() * 1000 - l_start * 1000)
    end = time.time()
    return [[end - start], latency_list, [resource["turns"]]]


if __name__ == "__main__":
    multi_thread_runner = MultiThreadRunner()
    start = time.time()
    result = multi_thread_runner.run(single_func, args.thread, {"turns": 20})
    total_cost = time.time() - start
    if None in result[0]:
        exit(1)
    print("threads: {} requests: {}".format(len(result[0]), sum(result[2])))
    show_latency(result[1])
