"""Start a server beside this process, and be sure that it ends with it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from serving_kit.errors import BadInput, DeadlineExceeded, Unavailable

_TAIL_LINES = 20
_DRAIN_S = 15.0
_POLL_S = 0.02


class Server:
    """A running server: `url`, `port`, `pid`, `log_path`; `stop()` it, or leave its `with` block.

    It also stops when this object is dropped, when the interpreter exits, and when this process is killed: the server
    ends as soon as the pipe to its standard input does, which the kernel closes whatever happens here.
    """

    def __init__(self, process: subprocess.Popen[bytes], names: str, port: int, log_path: Path) -> None:
        self.names = names
        self.port = port
        self.log_path = log_path
        self._process = process
        self._end = weakref.finalize(self, _end, process, log_path.parent, os.getpid())

    @property
    def url(self) -> str:
        """The address to connect to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process number of the server."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def log_tail(self, lines: int = _TAIL_LINES) -> str:
        """Return the last lines the server logged; empty once it was stopped."""
        return _tail(self.log_path, lines)

    def stop(self) -> None:
        """Let the server finish what it has, end it, and remove its log; twice does no harm."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "stopped"
        return f"<Server {self.names} at {self.url}, pid {self.pid}, {state}>"


def start(
    model: str | Path | Sequence[str | Path],
    *,
    port: int = 0,
    threads: int = 4,
    name: str | None = None,
    flags: Sequence[str] = (),
    timeout_s: float = 120,
) -> Server:
    """Serve one model directory, or several, and return once the server answers.

    `port` 0 takes a free one. `flags` are further flags of `python -m serving_kit.serve`. BadInput where the server
    refuses the model or a flag, Unavailable where it ends, DeadlineExceeded where it is not ready within `timeout_s`;
    the text ends with what the server logged last.
    """
    models = [str(path) for path in ([model] if isinstance(model, str | Path) else model)]
    command = ["serving_kit.serve", "--model", *models, "--port", str(port), "--thread", str(threads)]
    command += ["--name", name] if name else []
    names = ", ".join([name] if name else [Path(path).name for path in models])
    return _started([*command, *flags], names, timeout_s)


def start_pipeline(file: str | Path, *, port: int = 0, flags: Sequence[str] = (), timeout_s: float = 120) -> Server:
    """Serve the pipeline whose steps a YAML file lists, gRPC and HTTP on one port; see `start`.

    `flags` are further flags of `python -m serving_kit.pipeline`.
    """
    return _started(["serving_kit.pipeline", str(file), "--port", str(port), *flags], Path(file).name, timeout_s)


def _started(module: Sequence[str], names: str, timeout_s: float) -> Server:
    """Run a module of ours until it answers; `names` is what messages call it."""
    folder = Path(tempfile.mkdtemp(prefix="serving-kit-"))
    port_file, log_path = folder / "port", folder / "server.log"
    command = [sys.executable, "-m", *module, "--exit_with_stdin", "--port_file", str(port_file)]
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; models and flags are words, not shell
            command,
            stdin=subprocess.PIPE,
            env={"SERVING_LOG_PATH": str(folder), **os.environ},
            stdout=log,
            stderr=log,
            start_new_session=True,  # interrupting a notebook's cell must not interrupt its servers
        )
    server = Server(process, names, 0, log_path)
    try:
        server.port = _wait_until_ready(server, port_file, time.monotonic() + timeout_s, timeout_s)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_until_ready(server: Server, port_file: Path, deadline: float, timeout_s: float) -> int:
    """Wait for the file that the server writes once it listens, then for its first answer; return its port."""
    while not port_file.exists():
        if not server.is_running:
            raise _why_it_ended(server)
        if time.monotonic() > deadline:
            raise DeadlineExceeded(f"{server.names} was not ready within {timeout_s:g} s\n{server.log_tail()}")
        time.sleep(_POLL_S)
    port = int(port_file.read_text(encoding="ascii"))
    try:
        httpx.get(f"http://127.0.0.1:{port}/ready", timeout=max(1.0, deadline - time.monotonic())).raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"{server.names} does not answer: {error}\n{server.log_tail()}") from None
    return port


def _why_it_ended(server: Server) -> BadInput | Unavailable:
    status = server._process.returncode
    refusals = [line for line in server.log_tail().splitlines() if line.startswith("error: ")]
    if refusals:
        return BadInput(refusals[-1].removeprefix("error: "))
    return Unavailable(f"the server of {server.names} ended with status {status}\n{server.log_tail()}")


def _tail(path: Path, lines: int) -> str:
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 400 * lines))
            return b"\n".join(log.read().splitlines()[-lines:]).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _end(process: subprocess.Popen[bytes], folder: Path, owner_pid: int) -> None:
    if os.getpid() != owner_pid:  # a fork of the owner: the server is not its to end
        return
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(_DRAIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)
