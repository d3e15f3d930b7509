"""Paddle Serving's five counters, in Prometheus' text format."""

from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest, start_http_server

from serving_kit.errors import BadInput

LABELS = ("model", "version")
VERSION = "0"


class Metrics:
    """Counters of one server, labelled `model` and `version`, with the names and help texts of Paddle Serving 0.9."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, shown: CollectorRegistry | None = None) -> None:
        """Count; `shown` is rendered in place of this process's own counters (see `serving_kit.metrics.shared`)."""
        self.registry = CollectorRegistry()
        self._shown = shown or self.registry
        self._succeeded = self._counter("pd_query_request_success_total", "Number of successful query requests")
        self._failed = self._counter("pd_query_request_failure_total", "Number of failed query requests")
        self._inferences = self._counter("pd_inference_count_total", "Number of inferences performed")
        self._request_us = self._counter(
            "pd_query_request_duration_us_total", "Cumulative query request duration in microseconds"
        )
        self._inference_us = self._counter(
            "pd_inference_duration_us_total", "Cumulative inference duration in microseconds"
        )

    def request_done(self, model: str, *, succeeded: bool, duration_s: float) -> None:
        """Count one request to a model, answered or failed, and the seconds it took."""
        (self._succeeded if succeeded else self._failed).labels(model, VERSION).inc()
        self._request_us.labels(model, VERSION).inc(round(duration_s * 1e6))

    def inference_done(self, model: str, duration_s: float) -> None:
        """Count one run of a model's engine, which may have answered several requests, and the seconds it took."""
        self._inferences.labels(model, VERSION).inc()
        self._inference_us.labels(model, VERSION).inc(round(duration_s * 1e6))

    def render(self) -> bytes:
        """Return the exposition text for a `GET /metrics`, of type `content_type`."""
        return generate_latest(self._shown)

    def expose(self, port: int) -> tuple[WSGIServer, Thread]:
        """Serve `/metrics` on 127.0.0.1 (`--prometheus_port`); BadInput where the port is taken."""
        return expose(self._shown, port)

    def _counter(self, name: str, help_text: str) -> Counter:
        return Counter(name, help_text, LABELS, registry=self.registry)


def expose(registry: CollectorRegistry, port: int) -> tuple[WSGIServer, Thread]:
    """Serve a registry on 127.0.0.1; BadInput where the port is taken."""
    try:
        return start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        raise BadInput(
            f"--prometheus_port {port} cannot be used: {error.strerror}; choose another or stop what listens there"
        ) from None
