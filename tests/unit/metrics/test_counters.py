import httpx
import pytest

from serving_kit.errors import BadInput
from serving_kit.metrics.counters import Metrics
from serving_kit.metrics.statistics import Statistics


def counted(**models: Statistics) -> Metrics:
    return Metrics(lambda: models)


def sample(metrics: Metrics, name: str, model: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"model": model, "version": "0"})


def test_requests_and_inferences_are_counted_apart_by_model() -> None:
    uci, lac = Statistics(), Statistics()
    uci.queried(1_500_000, True)
    uci.queried(500_000, True)
    uci.queried(1_000_000, False)
    uci.ran(0.00025, 3)
    lac.ran(1.0, 1)
    metrics = counted(uci=uci, lac=lac)
    assert sample(metrics, "pd_query_request_success_total", "uci") == 2
    assert sample(metrics, "pd_query_request_failure_total", "uci") == 1
    assert sample(metrics, "pd_query_request_duration_us_total", "uci") == 3000
    assert sample(metrics, "pd_inference_count_total", "uci") == 1
    assert sample(metrics, "pd_inference_duration_us_total", "uci") == 250
    assert sample(metrics, "pd_inference_duration_us_total", "lac") == 1_000_000


def test_what_is_followed_later_is_shown_as_it_stands() -> None:
    metrics, uci = Metrics(), Statistics()
    assert b"version=" not in metrics.render()
    metrics.follow(lambda: {"uci": uci})
    for times in (1, 2):
        uci.queried(0, True)
        assert sample(metrics, "pd_query_request_success_total", "uci") == times


def test_the_exposer_listens_on_the_loopback_only_and_says_when_its_port_is_taken() -> None:
    uci = Statistics()
    uci.ran(0.5, 1)
    metrics = counted(uci=uci)
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
    metrics = counted(uci=Statistics())
    assert b"# HELP pd_query_request_success_total Number of successful query requests" in metrics.render()
    assert metrics.content_type.startswith("text/plain")


def test_looks_into_the_cache_are_shown_from_the_first_on_and_for_models_that_have_one() -> None:
    uci, lac = Statistics(), Statistics()
    metrics = counted(uci=uci, lac=lac)
    assert b"serving_kit_cache" not in metrics.render()
    for is_known in (False, True, True):
        uci.looked(is_known)
    assert sample(metrics, "serving_kit_cache_hits_total", "uci") == 2
    assert sample(metrics, "serving_kit_cache_misses_total", "uci") == 1
    assert sample(metrics, "serving_kit_cache_hits_total", "lac") is None
