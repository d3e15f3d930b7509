"""What a model has done since it was loaded, as the Open Inference Protocol's statistics count it."""

import threading
import time
from dataclasses import dataclass
from enum import IntEnum, auto
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Duration:
    """How often something happened, and the nanoseconds it took in all."""

    count: int = 0
    ns: int = 0


class _Field(IntEnum):
    SUCCESSES = 0
    FAILURES = auto()
    INPUT_NS = auto()
    WAIT_NS = auto()
    OUTPUT_NS = auto()
    RUN_NS = auto()
    FAIL_NS = auto()
    INFERENCES = auto()
    EXECUTIONS = auto()
    LAST_INFERENCE_MS = auto()


class Statistics:
    """Counters of one model; safe to call from any thread.

    `rows`, int64 of shape [processes, fields], holds what each of several processes counted; this one counts in row
    `mine` and reads all of them. Requests are counted but for `executions`, runs of the engine, each of which may have
    answered several, and `inferences`, their instances. The parts of a request add up to `success` at any moment.
    """

    def __init__(self, rows: NDArray[np.int64] | None = None, mine: int = 0) -> None:
        self._rows = np.zeros((1, len(_Field)), np.int64) if rows is None else rows
        self._mine = self._rows[mine]
        self._lock = threading.Lock()

    @property
    def success(self) -> Duration:
        """Requests that were answered."""
        parts = (_Field.INPUT_NS, _Field.WAIT_NS, _Field.OUTPUT_NS)
        return Duration(self._sum(_Field.SUCCESSES), sum(map(self._sum, parts)))

    @property
    def fail(self) -> Duration:
        """Requests that were not."""
        return Duration(self._sum(_Field.FAILURES), self._sum(_Field.FAIL_NS))

    @property
    def compute_input(self) -> Duration:
        """How long tensors were checked."""
        return self._part(_Field.INPUT_NS)

    @property
    def compute_infer(self) -> Duration:
        """What the engine took; a run counts for each request that it answers."""
        return Duration(self._sum(_Field.SUCCESSES), min(self._sum(_Field.RUN_NS), self._sum(_Field.WAIT_NS)))

    @property
    def compute_output(self) -> Duration:
        """How long outputs were put in order."""
        return self._part(_Field.OUTPUT_NS)

    @property
    def queue(self) -> Duration:
        """What requests waited for a thread, and for it to hand their answers over."""
        return Duration(self._sum(_Field.SUCCESSES), self._sum(_Field.WAIT_NS) - self.compute_infer.ns)

    @property
    def inferences(self) -> int:
        """Instances (rows or sequences) of the requests that were answered."""
        return self._sum(_Field.INFERENCES)

    @property
    def executions(self) -> int:
        """Runs of the engine."""
        return self._sum(_Field.EXECUTIONS)

    @property
    def last_inference_ms(self) -> int:
        """When the engine ran last, in milliseconds since 1970; 0 where it has not."""
        return int(self._rows[:, _Field.LAST_INFERENCE_MS].max())

    def ran(self, duration_s: float, requests: int) -> None:
        """Count one run of the engine and the requests that it answers."""
        with self._lock:
            self._mine[_Field.EXECUTIONS] += 1
            self._mine[_Field.RUN_NS] += requests * round(duration_s * 1e9)
            self._mine[_Field.LAST_INFERENCE_MS] = time.time_ns() // 1_000_000

    def answered(self, instances: int, *, input_ns: int, wait_ns: int, output_ns: int) -> None:
        """Count one request: how long its tensors were checked, it was awaited, and its outputs were put in order."""
        with self._lock:
            self._mine[_Field.SUCCESSES] += 1
            self._mine[_Field.INFERENCES] += instances
            self._mine[_Field.INPUT_NS] += input_ns
            self._mine[_Field.WAIT_NS] += wait_ns
            self._mine[_Field.OUTPUT_NS] += output_ns

    def failed(self, duration_ns: int) -> None:
        """Count one request that was not answered."""
        with self._lock:
            self._mine[_Field.FAILURES] += 1
            self._mine[_Field.FAIL_NS] += duration_ns

    def _sum(self, field: _Field) -> int:
        return int(self._rows[:, field].sum())

    def _part(self, field: _Field) -> Duration:
        return Duration(self._sum(_Field.SUCCESSES), self._sum(field))


def shared_rows(path: Path, processes: int, models: int) -> NDArray[np.int64]:
    """Return the counters of several processes in one file, int64 [models, processes, fields], made where missing."""
    shape = (models, processes, len(_Field))
    if not path.exists():
        path.write_bytes(bytes(8 * shape[0] * shape[1] * shape[2]))
    return np.memmap(path, np.int64, "r+", shape=shape)
