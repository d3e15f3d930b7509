"""What a model has done since it was loaded, as the Open Inference Protocol's statistics count it."""

import threading
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Duration:
    """How often something happened, and the nanoseconds it took in all."""

    count: int = 0
    ns: int = 0

    def add(self, duration_ns: int) -> None:
        """Count one more."""
        self.count += 1
        self.ns += duration_ns


@dataclass(slots=True)
class Statistics:
    """Counters of one model; safe to call from any thread.

    `inferences` counts instances (rows or sequences) and `executions` runs of the engine, each of which may have
    answered several requests. Every other counter counts requests; their parts add up to `success`, at any moment.
    """

    success: Duration = field(default_factory=Duration)
    fail: Duration = field(default_factory=Duration)
    compute_input: Duration = field(default_factory=Duration)
    compute_output: Duration = field(default_factory=Duration)
    inferences: int = 0
    executions: int = 0
    last_inference_ms: int = 0
    _wait_ns: int = 0
    _run_ns: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def compute_infer(self) -> Duration:
        """What the engine took; a run counts for each request that it answers."""
        return Duration(self.success.count, min(self._run_ns, self._wait_ns))

    @property
    def queue(self) -> Duration:
        """What requests waited for a thread, and for it to hand their answers over."""
        return Duration(self.success.count, self._wait_ns - self.compute_infer.ns)

    def ran(self, duration_s: float, requests: int) -> None:
        """Count one run of the engine and the requests that it answers."""
        with self._lock:
            self.executions += 1
            self._run_ns += requests * round(duration_s * 1e9)
            self.last_inference_ms = time.time_ns() // 1_000_000

    def answered(self, instances: int, *, input_ns: int, wait_ns: int, output_ns: int) -> None:
        """Count one request: how long its tensors were checked, it was awaited, and its outputs were put in order."""
        with self._lock:
            self.inferences += instances
            self.compute_input.add(input_ns)
            self._wait_ns += wait_ns
            self.compute_output.add(output_ns)
            self.success.add(input_ns + wait_ns + output_ns)

    def failed(self, duration_ns: int) -> None:
        """Count one request that was not answered."""
        with self._lock:
            self.fail.add(duration_ns)
