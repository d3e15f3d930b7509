"""The words of the page around its figures: what was measured and how, how each server was set, how to repeat it."""

import shlex
from collections.abc import Iterator

from benchmarks.peer.row import Run, Server

_METHOD = """\
- **Same work.** Every server computes the same ONNX file with ONNX Runtime, one engine thread, on the processor; only a
  row of this server's that says so takes another engine. The benchmark exports the models with seeded random weights:
  their speed is that of the real networks, their answers mean nothing.
- **Same core.** All processes of a server run on one core (`sched_setaffinity`, as `taskset` does it), the load
  generator runs on another.
- **Checked first.** Each server's answer is compared with the engine's own (within 0.0001 of the largest number) before
  the server is measured, and again before each concurrency. A wrong answer ends its turn. `failed` counts answers
  with a status of 400 or more, broken connections and timeouts over all rounds; they are not in requests/s.
- **Interleaved.** A round starts, asks and ends one server after the other; then the next round begins. Figures are
  medians of the rounds; `rounds` has the slowest and the fastest.
- **Load.** wrk keeps c connections open, each with one request on its way; it posts a body made beforehand. A warm-up
  of one second at 8 connections comes first, and between concurrencies the server is left alone until it is idle.
  wrk widens its percentiles where a connection stalled (coordinated omission). All connections begin at once, so at
  high c the first answers of a point come sooner than the rest.
- `p99 / mean` divides the 99th percentile by c / (requests/s), the mean where c requests are always on their way: near
  1 every request waits as long as every other.
- `CPU µs` is the processor time, user and system, of all of the server's processes, children too, divided by its
  answers: the figure that a busy machine moves least. `CPU / engine's` divides it by what the engine alone needs for
  one answer: 1 would be a server that costs nothing.
- `of limit` is requests/s as a share of what the engine alone reaches at batch 1 on the same core, measured in the same
  rounds. Batching can lead above 100 %.
- `ours / its` is this server's requests/s divided by that server's: above 1 this server is faster.
- `generator` is how much of its core wrk used: near 100 % the figure is the generator's limit, not the server's."""


def how(run: Run) -> Iterator[str]:
    """Say what was measured, on what, and how."""
    rounds = f"{run.repeats} round{'s' if run.repeats > 1 else ''}"
    yield (
        f"Measured on {run.at:%d %B %Y} on {run.machine.cores} cores of {run.machine.cpu}; the load average was "
        f"{run.load:.1f} when it began. {rounds} of at least {run.seconds:g} s a point. "
        f"{_versions(run.versions)}."
    )
    yield "Written by `python -m benchmarks.compare` from its rows; do not edit."
    yield _METHOD


def settings(run: Run) -> Iterator[str]:
    """Say of every server how it was set and started; the folder names of the machine are left out."""
    for server in run.servers:
        yield f"### {server.title}"
        yield f"{server.settings[0].upper()}{server.settings[1:]}.{_pinned(server)}"
        yield f"```console\n$ {server.command}\n```"
        yield f"Asked by {'; '.join(server.asked)}."


def repeat(run: Run) -> Iterator[str]:
    """Say how to repeat the run."""
    yield "From a fresh clone, on a machine that does nothing else, with at least two cores:"
    words = shlex.join(["python", "-m", "benchmarks.compare", *run.arguments])
    yield f"```console\n$ make setup\n$ .venv/bin/{words}\n```"
    yield (
        "The first run installs each server into an environment of its own under `build/peers`, from the pins in "
        "`benchmarks/peer/locks`, and takes wrk from the machine or, on Debian, from its packages. The services are in "
        "`benchmarks/peer/services`, the commands in `benchmarks/peer`; the rows are in `build/benchmarks/peers.jsonl`."
    )


def _pinned(server: Server) -> str:
    return f" Versions: {_versions(server.versions)}." if server.versions else ""


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
