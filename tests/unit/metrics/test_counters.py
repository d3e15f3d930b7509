import httpx
import pytest

from serving_kit.errors import BadInput
from serving_kit.metrics.counters import Metrics


def sample(metrics: Metrics, name: str, model: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"model": model, "version": "0"})


def test_requests_and_inferences_are_counted_apart_by_model() -> None:
    metrics = Metrics()
    metrics.request_done("uci", succeeded=True, duration_s=0.0015)
    metrics.request_done("uci", succeeded=True, duration_s=0.0005)
    metrics.request_done("uci", succeeded=False, duration_s=0.001)
    metrics.inference_done("uci", 0.00025)
    metrics.inference_done("lac", 1.0)
    assert sample(metrics, "pd_query_request_success_total", "uci") == 2
    assert sample(metrics, "pd_query_request_failure_total", "uci") == 1
    assert sample(metrics, "pd_query_request_duration_us_total", "uci") == 3000
    assert sample(metrics, "pd_inference_count_total", "uci") == 1
    assert sample(metrics, "pd_inference_duration_us_total", "uci") == 250
    assert sample(metrics, "pd_inference_duration_us_total", "lac") == 1_000_000


def test_the_exposer_listens_on_the_loopback_only_and_says_when_its_port_is_taken() -> None:
    metrics = Metrics()
    metrics.inference_done("uci", 0.5)
    server, thread = metrics.expose(0)
    port = server.server_port
    try:
        assert server.server_address[0] == "127.0.0.1"
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
        assert 'pd_inference_count_total{model="uci",version="0"} 1.0' in answer.text
        with pytest.raises(BadInput, match=rf"--prometheus_port {port} cannot be used"):
            Metrics().expose(port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_render_is_the_text_that_prometheus_reads() -> None:
    metrics = Metrics()
    metrics.request_done("uci", succeeded=True, duration_s=0)
    assert b"# HELP pd_query_request_success_total Number of successful query requests" in metrics.render()
    assert metrics.content_type.startswith("text/plain")
