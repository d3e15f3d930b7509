"""What `paddle_serving_server.pipeline` offers to read the profile text of its requests: where their time went."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from serving_kit.compat.app.trace import events
from serving_kit.errors import BadInput

__all__ = ["Analyst", "OpAnalyst"]

_STEPS = ("prep", "midp", "postp")


class Analyst:
    """Reads a file with PROFILE lines: what clients got under `pipeline.profile`, or what `use_profile` wrote."""

    def __init__(self, profile_file: str | Path) -> None:
        self._lines = Path(profile_file)
        self._trace: list[dict[str, Any]] = []

    def get_trace(self) -> list[dict[str, Any]]:
        """Return the events: name, tid (`[op|thread]`, or whose step it is), pid, ts (microseconds) and ph (B or E)."""
        if not self._trace:
            try:
                with self._lines.open(encoding="utf-8", errors="replace") as lines:
                    self._trace = [_split(event) for event in events(lines)]
            except OSError as error:
                raise BadInput(
                    f"{self._lines} cannot be read: {error.strerror}; name a file with PROFILE lines"
                ) from None
        return self._trace

    def save_trace(self, trace_file: str | Path) -> None:
        """Write the events for Chrome's trace viewer or Perfetto."""
        Path(trace_file).write_text(json.dumps(self.get_trace(), indent=2), encoding="utf-8")

    def get_op_analyst(self) -> "OpAnalyst":
        """Return what the ops took."""
        return OpAnalyst(self.get_trace())


class OpAnalyst:
    """What the steps of each op took on average; `prep`, `midp` and `postp`."""

    def __init__(self, trace: Iterable[Mapping[str, Any]]) -> None:
        begun: dict[tuple[object, ...], int] = {}
        took_ms: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for event in trace:
            step, tid = event["name"], str(event["tid"])
            key = (step, tid, event["pid"])
            if event["ph"] == "B":
                begun[key] = event["ts"]
            elif step in _STEPS and key in begun:
                took_ms[tid.strip("[]").rpartition("|")[0]][step].append((event["ts"] - begun.pop(key)) / 1e3)
        self._times = {
            op: {step: sum(times) / len(times) for step, times in steps.items()} for op, steps in took_ms.items()
        }

    def times(self, op_name: str | None = None) -> dict[str, Any]:
        """Return milliseconds by op and step, or by step for one op."""
        return self._times if op_name is None else self._of(op_name)

    def qps(self, op_name: str | None = None) -> dict[str, Any]:
        """Return how often a second one worker could do each step, by op and step, or by step for one op."""
        if op_name is None:
            return {op: self.qps(op) for op in self._times}
        return {step: 1e3 / max(mean_ms, 1e-3) for step, mean_ms in self._of(op_name).items()}

    def concurrency_analysis(self, op_config_yaml: str | Path) -> dict[str, float]:
        """Return how many workers each op needs to keep up with the slowest card.

        The file says of each op which of its steps runs on which cards: `cnn: {midp: 0}`.
        """
        cards: dict[str, dict[str, Any]] = yaml.safe_load(Path(op_config_yaml).read_text(encoding="utf-8"))
        named = {(op, step): _cards(given) for op, steps in cards.items() for step, given in steps.items()}
        used = [card for given in named.values() for card in given]
        if not used or len(used) > len(set(used)):
            raise BadInput(f"{op_config_yaml} must name each card once, for example `cnn: {{midp: 0}}`")
        slowest_ms = max(self._of(op)[step] / len(given) for (op, step), given in named.items())
        return {op: round(sum(steps.values()) / max(slowest_ms, 1e-3), 3) for op, steps in self._times.items()}

    def __str__(self) -> str:
        return json.dumps(self._times, indent=2)

    def _of(self, op: str) -> dict[str, float]:
        if op not in self._times:
            raise BadInput(f"the profile has no op {op!r}; it has {', '.join(self._times) or 'none'}")
        return self._times[op]


def _split(event: Mapping[str, Any]) -> dict[str, Any]:
    name, _, tid = str(event["name"]).rpartition("#")
    return {**event, "name": name or tid, "tid": tid if name else 0}


def _cards(given: object) -> list[int]:
    return [int(card) for card in str(given).strip("[]").split(",")]
