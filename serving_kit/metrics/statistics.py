"""What a model has done since it was loaded, as the Open Inference Protocol's statistics count it."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Duration:
    """How often something happened, and the nanoseconds it took in all."""

    count: int = 0
    ns: int = 0


(
    _SUCCESSES,
    _FAILURES,
    _INPUT_NS,
    _WAIT_NS,
    _OUTPUT_NS,
    _RUN_NS,
    _FAIL_NS,
    _INFERENCES,
    _EXECUTIONS,
    _LAST_INFERENCE_MS,
    _ENGINE_NS,
    _QUERIES_ANSWERED,
    _QUERIES_FAILED,
    _QUERY_NS,
    _CACHE_HITS,
    _CACHE_MISSES,
    _FIELDS,
) = range(17)


class Statistics:
    """Counters of one model; everything is counted on the event loop's thread.

    `rows`, int64 of shape [processes, fields], holds what each of several processes counted; this one counts in row
    `mine` and reads all of them. Requests are counted but for `executions`, runs of the engine, each of which may have
    answered several, and `inferences`, their instances. The parts of a request add up to `success` at any moment.
    A query is a request whose answer is this model's; one that feeds another model has requests only.
    """

    def __init__(self, rows: NDArray[np.int64] | None = None, mine: int = 0) -> None:
        self._rows = np.zeros((1, _FIELDS), np.int64) if rows is None else rows
        self._mine = self._rows[mine].data  # a third of what numpy takes to add one to an element

    @property
    def success(self) -> Duration:
        """Requests that were answered."""
        parts = (_INPUT_NS, _WAIT_NS, _OUTPUT_NS)
        return Duration(self._sum(_SUCCESSES), sum(map(self._sum, parts)))

    @property
    def fail(self) -> Duration:
        """Requests that were not."""
        return Duration(self._sum(_FAILURES), self._sum(_FAIL_NS))

    @property
    def compute_input(self) -> Duration:
        """How long tensors were checked."""
        return self._part(_INPUT_NS)

    @property
    def compute_infer(self) -> Duration:
        """What the engine took; a run counts for each request that it answers."""
        return Duration(self._sum(_SUCCESSES), min(self._sum(_RUN_NS), self._sum(_WAIT_NS)))

    @property
    def compute_output(self) -> Duration:
        """How long outputs were put in order."""
        return self._part(_OUTPUT_NS)

    @property
    def queue(self) -> Duration:
        """What requests waited for a thread, and for it to hand their answers over."""
        return Duration(self._sum(_SUCCESSES), self._sum(_WAIT_NS) - self.compute_infer.ns)

    @property
    def inferences(self) -> int:
        """Instances (rows or sequences) of the requests that were answered."""
        return self._sum(_INFERENCES)

    @property
    def executions(self) -> int:
        """Runs of the engine."""
        return self._sum(_EXECUTIONS)

    @property
    def last_inference_ms(self) -> int:
        """When the engine ran last, in milliseconds since 1970; 0 where it has not."""
        return int(self._rows[:, _LAST_INFERENCE_MS].max())

    @property
    def engine(self) -> Duration:
        """Runs of the engine, however many requests each answered."""
        return Duration(self._sum(_EXECUTIONS), self._sum(_ENGINE_NS))

    @property
    def queries(self) -> tuple[int, int, int]:
        """Queries that were answered, queries that failed, and the nanoseconds that both took in all."""
        return self._sum(_QUERIES_ANSWERED), self._sum(_QUERIES_FAILED), self._sum(_QUERY_NS)

    @property
    def looks(self) -> tuple[int, int]:
        """Requests whose answer the cache knew, or was about to know, and requests whose answer it did not know."""
        return self._sum(_CACHE_HITS), self._sum(_CACHE_MISSES)

    def ran(self, duration_s: float, requests: int) -> None:
        """Count one run of the engine and the requests that it answers."""
        mine, duration_ns = self._mine, round(duration_s * 1e9)
        mine[_EXECUTIONS] += 1
        mine[_ENGINE_NS] += duration_ns
        mine[_RUN_NS] += requests * duration_ns
        mine[_LAST_INFERENCE_MS] = time.time_ns() // 1_000_000

    def answered(self, instances: int, input_ns: int, wait_ns: int, output_ns: int) -> None:
        """Count one request: how long its tensors were checked, it was awaited, and its outputs were put in order."""
        mine = self._mine
        mine[_SUCCESSES] += 1
        mine[_INFERENCES] += instances
        mine[_INPUT_NS] += input_ns
        mine[_WAIT_NS] += wait_ns
        mine[_OUTPUT_NS] += output_ns

    def failed(self, duration_ns: int) -> None:
        """Count one request that was not answered."""
        self._mine[_FAILURES] += 1
        self._mine[_FAIL_NS] += duration_ns

    def queried(self, duration_ns: int, succeeded: bool) -> None:
        """Count one query, answered or failed, and the time from its first tensor's check to its answer."""
        mine = self._mine
        mine[_QUERIES_ANSWERED if succeeded else _QUERIES_FAILED] += 1
        mine[_QUERY_NS] += duration_ns

    def looked(self, is_known: bool) -> None:
        """Count one look into the cache of answers, which knew the answer or did not."""
        self._mine[_CACHE_HITS if is_known else _CACHE_MISSES] += 1

    def _sum(self, field: int) -> int:
        return int(self._rows[:, field].sum())

    def _part(self, field: int) -> Duration:
        return Duration(self._sum(_SUCCESSES), self._sum(field))


def shared_rows(path: Path, processes: int, models: int) -> NDArray[np.int64]:
    """Return the counters of several processes in one file, int64 [models, processes, fields], made where missing."""
    shape = (models, processes, _FIELDS)
    if not path.exists():
        path.write_bytes(bytes(8 * shape[0] * shape[1] * shape[2]))
    return np.memmap(path, np.int64, "r+", shape=shape)
