"""What the benchmark scripts of Paddle Serving import from `paddle_serving_client.utils`."""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

from serving_kit.errors import Internal

__all__ = ["MultiThreadRunner", "benchmark_args", "show_latency"]


def benchmark_args() -> argparse.Namespace:
    """Parse the command line of a benchmark: `thread`, `model`, `endpoint`, `request` and `batch_size`."""
    parser = argparse.ArgumentParser("benchmark")
    parser.add_argument("--thread", type=int, default=10, help="callers at once")
    parser.add_argument("--model", default="", help="client configuration of the model")
    parser.add_argument("--endpoint", default="127.0.0.1:9292", help="address of the server")
    parser.add_argument("--request", default="rpc", help="rpc or http")
    parser.add_argument("--batch_size", type=int, default=1, help="instances a request")
    return parser.parse_args()


def show_latency(latency_list: Sequence[float]) -> None:
    """Write mean, median and the 80th, 90th and 99th percentile of latencies in milliseconds to standard error."""
    latencies_ms = np.asarray(latency_list, dtype=np.float64)
    lines = ["latency:", f"mean: {latencies_ms.mean()}ms", f"median: {np.median(latencies_ms)}ms"]
    lines += [f"{rank}_percent: {np.percentile(latencies_ms, rank)}ms" for rank in (80, 90, 99)]
    sys.stderr.write("\n".join(lines) + "\n")


class MultiThreadRunner:
    """Runs one function many times at once, each in a process of its own: despite its name, as in Paddle Serving."""

    def run(
        self, thread_func: Callable[[int, Any], list[list[Any]]], thread_num: int, global_resource: Any
    ) -> list[list[Any]]:
        """Call `thread_func(index, global_resource)` for the indices 1 to `thread_num` and join what they return.

        Each returns a list of lists; list i of the result is all lists i one after the other, in the order of the
        indices. What a call raises is raised here; Internal where a process dies.
        """
        os.environ["http_proxy"] = os.environ["https_proxy"] = ""  # servers are asked directly, as in Paddle Serving
        fork = multiprocessing.get_context("fork")  # functions and finders of a running script have no other way across
        with ProcessPoolExecutor(thread_num, mp_context=fork) as pool:
            calls = [pool.submit(thread_func, index + 1, global_resource) for index in range(thread_num)]
            try:
                first, *others = [call.result() for call in calls]
            except BrokenProcessPool:
                raise Internal("a process of MultiThreadRunner died; run the function by itself to see why") from None
        for other in others:
            for joined, part in zip(first, other, strict=False):
                joined.extend(part)
        return first
