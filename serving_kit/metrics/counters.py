"""Paddle Serving's five counters, and two of the cache of answers, in Prometheus' text format."""

from collections.abc import Callable, Iterator, Mapping
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from serving_kit.errors import BadInput
from serving_kit.metrics.statistics import Statistics

LABELS = ("model", "version")
VERSION = "0"
Counted = Callable[[], Mapping[str, Statistics]]
"""Returns what each model has done, by its name."""

_NAMES = {
    "pd_query_request_success": "Number of successful query requests",
    "pd_query_request_failure": "Number of failed query requests",
    "pd_inference_count": "Number of inferences performed",
    "pd_query_request_duration_us": "Cumulative query request duration in microseconds",
    "pd_inference_duration_us": "Cumulative inference duration in microseconds",
}
_CACHE_NAMES = {
    "serving_kit_cache_hits": "Number of requests answered from the cache of answers",
    "serving_kit_cache_misses": "Number of requests whose answer was not in the cache",
}


class Metrics(Collector):
    """Counters of one server, labelled `model` and `version`, with the names and help texts of Paddle Serving 0.9.

    The cache's counters come with its first request. A request costs them nothing: they read what models' statistics
    count when somebody asks.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, counted: Counted = dict) -> None:
        self._counted = counted
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def follow(self, counted: Counted) -> None:
        """Show from now on what these models have done."""
        self._counted = counted

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counters as they stand."""
        rows: dict[str, tuple[int, ...]] = {}
        looks: dict[str, tuple[int, ...]] = {}
        for model, statistics in self._counted().items():
            answered, failed, query_ns = statistics.queries
            engine = statistics.engine
            rows[model] = (answered, failed, engine.count, query_ns // 1000, engine.ns // 1000)
            if any(statistics.looks):
                looks[model] = statistics.looks
        yield from _families(_NAMES, rows)
        if looks:
            yield from _families(_CACHE_NAMES, looks)

    def render(self) -> bytes:
        """Return the exposition text for a `GET /metrics`, of type `content_type`."""
        return generate_latest(self.registry)

    def expose(self, port: int) -> tuple[WSGIServer, Thread]:
        """Serve `/metrics` on 127.0.0.1 (`--prometheus_port`); BadInput where the port is taken."""
        try:
            return start_http_server(port, addr="127.0.0.1", registry=self.registry)
        except OSError as error:
            raise BadInput(
                f"--prometheus_port {port} cannot be used: {error.strerror}; choose another or stop what listens there"
            ) from None


def _families(names: Mapping[str, str], rows: Mapping[str, tuple[int, ...]]) -> Iterator[CounterMetricFamily]:
    """Yield a family a name, with the values of every model."""
    for column, (name, text) in enumerate(names.items()):
        family = CounterMetricFamily(name, text, labels=LABELS)
        for model, values in rows.items():
            family.add_metric((model, VERSION), values[column])
        yield family
