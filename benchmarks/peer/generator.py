"""Put load on an HTTP server with wrk, which costs the measuring side less than anything written in Python would."""

import os
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.core import on_core
from benchmarks.peer.debian import LIBRARIES, is_debian, unpack
from benchmarks.peer.question import Question
from serving_kit.errors import Unavailable

_SCRIPT = Path(__file__).with_name("wrk.lua")
_PACKAGES = ("wrk", "libluajit-5.1-2", "libluajit-5.1-common")
_TIMEOUT_S = 60
_GRACE_S = 30.0


@dataclass(frozen=True)
class Load:
    """What wrk saw. `requests` were answered with a status below 400; `failures` are other statuses and broken sockets.

    wrk corrects its latencies for what a stalled connection did not send (coordinated omission).
    """

    requests: int
    failures: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_s: float


@dataclass(frozen=True)
class Wrk:
    """The program, its version, and the folder of libraries that it needs if it is not installed."""

    program: Path
    libraries: Path | None = None

    def version(self) -> str:
        """Return its first line about itself, without the copyright."""
        command = [str(self.program), "-v"]
        said = subprocess.run(command, capture_output=True, text=True, env=self._variables(), check=False)  # noqa: S603
        return said.stdout.partition(" Copyright")[0].removeprefix("wrk ").strip()

    def load(self, question: Question, port: int, concurrency: int, *, seconds: int, core: int, folder: Path) -> Load:
        """Ask from `concurrency` connections for whole seconds, from one thread on one core."""
        body = folder / "body"
        body.write_bytes(question.body)
        command = self.command(question, port, concurrency, seconds, body)
        limit_s = seconds + _TIMEOUT_S + _GRACE_S
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            with on_core(core):
                done = subprocess.run(  # noqa: S603 - words, not shell
                    command, capture_output=True, text=True, timeout=limit_s, env=self._variables(), check=False
                )
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"wrk did not end within {limit_s:g} s; measure on a machine with a core of its own"
            ) from None
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise Unavailable(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}; is the server still there?")
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return read(done.stdout, cpu_s)

    def command(self, question: Question, port: int, concurrency: int, seconds: int, body: Path) -> list[str]:
        """Return the words of the command line."""
        shape = ["-t1", f"-c{concurrency}", f"-d{seconds}s", f"--timeout={_TIMEOUT_S}s", f"--script={_SCRIPT}"]
        headers = [f"{name}: {value}" for name, value in question.headers.items()]
        return [str(self.program), *shape, f"http://127.0.0.1:{port}{question.path}", "--", str(body), *headers]

    def _variables(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else dict(os.environ)


def wrk() -> Wrk:
    """Return wrk as it is installed, or unpacked beside the checkout on Debian; Unavailable elsewhere."""
    if installed := shutil.which("wrk"):
        return Wrk(Path(installed))
    if not is_debian():
        raise Unavailable(
            "the load comes from wrk, which is not installed; install it (Debian and Ubuntu: apt install wrk)"
        )
    folder = unpack("wrk", _PACKAGES)
    return Wrk(folder / "usr" / "bin" / "wrk", folder / LIBRARIES)


def read(output: str, cpu_s: float) -> Load:
    """Read what the script wrote last; `cpu_s` is the generator's own processor time."""
    seen = orjson.loads(output.strip().splitlines()[-1])
    failures = sum(seen[kind] for kind in ("connect", "read", "write", "status", "timeout"))
    return Load(
        requests=seen["requests"] - seen["status"],
        failures=failures,
        seconds=seen["duration_us"] / 1e6,
        p50_ms=seen["p50_us"] / 1e3,
        p99_ms=seen["p99_us"] / 1e3,
        cpu_s=cpu_s,
    )
