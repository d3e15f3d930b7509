"""Variants, shadows and caches of a pipeline's ops for Prometheus."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from serving_kit.pipeline.pipeline import Pipeline

_OF_VARIANT = ("op", "variant")


def variant_rows(pipeline: Pipeline) -> Iterator[Metric]:
    """Yield calls, instances, durations and weights by op and variant, a shadow's too."""
    calls = CounterMetricFamily(
        "serving_kit_variant_calls",
        "Calls of a variant, each of a batch, or dropped by a shadow",
        labels=(*_OF_VARIANT, "outcome"),
    )
    instances = CounterMetricFamily("serving_kit_variant_instances", "Rows a variant was asked for", labels=_OF_VARIANT)
    weights = GaugeMetricFamily("serving_kit_variant_weight", "Weight of a variant", labels=_OF_VARIANT)
    durations = HistogramMetricFamily(
        "serving_kit_variant_duration_seconds", "What a call of a variant takes", labels=_OF_VARIANT
    )
    for op, variants in pipeline.variants.items():
        for name, weight in variants.weights.items():
            weights.add_metric((op, name), weight)
        for name, measure in variants.measures.items():
            latencies = measure.latencies
            outcomes = {
                "answered": measure.calls - measure.failed,
                "failed": measure.failed,
                "dropped": measure.dropped,
            }
            for outcome, count in outcomes.items():
                calls.add_metric((op, name, outcome), count)
            instances.add_metric((op, name), measure.instances)
            durations.add_metric((op, name), latencies.cumulative(), latencies.sum_s)
    yield from (calls, instances, weights, durations)


def cache_rows(pipeline: Pipeline) -> Iterator[Metric]:
    """Yield what the caches of ops knew, did not know, and hold."""
    looks = CounterMetricFamily(
        "serving_kit_op_cache_looks",
        "Requests whose answer an op's cache knew (hit) or did not",
        labels=("op", "outcome"),
    )
    held = GaugeMetricFamily("serving_kit_op_cache_bytes", "Memory that an op's kept answers take", labels=("op",))
    for op, cache in pipeline.caches.items():
        looks.add_metric((op, "hit"), cache.hits)
        looks.add_metric((op, "miss"), cache.misses)
        held.add_metric((op,), cache.held_bytes)
    yield from (looks, held)
