"""One process of an op, as its server sees it."""

import asyncio
import contextlib
import os
import signal
import socket
from typing import Self

from serving_kit.errors import Kind, ServingKitError, of_kind
from serving_kit.pipeline.codes import ErrNo, OpError
from serving_kit.pipeline.flow import Answer
from serving_kit.pipeline.op_socket import received
from serving_kit.pipeline.stage import Answers
from serving_kit.pipeline.timing import Timing
from serving_kit.pipeline.zygote import Zygote

_OWN_END_S = 1.0  # for a process whose socket is closed
_KILLED_S = 5.0


class EndedError(Exception):
    """The process ended before it answered; the text says how."""


class OpProcess:
    """Answers one batch after the other; one that is given up is killed, because nobody knows what it does."""

    def __init__(self, zygote: Zygote, op: str, number: int) -> None:
        self._zygote = zygote
        self._op = op
        self._connection, self.ended = zygote.bear(op, number)
        self.was_asked = False
        self._pid = 0
        self._is_busy = True
        self.ended.add_done_callback(lambda _: self._hang_up())

    @classmethod
    async def begin(cls, zygote: Zygote, op: str, number: int) -> Self:
        """Return the `number`th process of an op once it is prepared; ServingKitError says why it cannot be."""
        process = cls(zygote, op, number)
        try:
            process._pid = await received(process._connection)
            error = await received(process._connection)
        except (EOFError, ConnectionError):
            how = await process.end()
            raise OpError(ErrNo.INIT_ERROR, f"a process of op {op!r} ended {how} in init_op; see its log", op) from None
        except BaseException:
            process._kill()
            process.close()
            raise
        process._is_busy = False
        if error:
            process.close()
            raise _error(op, *error)
        return process

    @property
    def is_over(self) -> bool:
        """Whether it can be asked no more."""
        return self.ended.done() or self._connection.fileno() < 0

    async def ask(self, batch: bytes) -> Answers:
        """Return the answers to a batch; EndedError where the process ends instead."""
        self.was_asked = self._is_busy = True
        try:
            await asyncio.get_running_loop().sock_sendall(self._connection, batch)
            timing, told_of = await received(self._connection)
            answers = [_error(self._op, *told) if len(told) > 2 else Answer(*told) for told in told_of]
            return Answers(answers, Timing(*timing))
        except (EOFError, ConnectionError):
            raise EndedError(await self.end()) from None
        except BaseException:
            self._kill()
            await self.end()
            raise
        finally:
            self._is_busy = False

    async def end(self) -> str:
        """Return how it ended, which it is made to if need be."""
        self.close()
        await asyncio.wait({self.ended}, timeout=_OWN_END_S)
        if not self.ended.done():
            self._kill()
            await asyncio.wait({self.ended}, timeout=_KILLED_S)
        return self.ended.result() if self.ended.done() else "in silence"

    def close(self) -> None:
        """Let it end, once it has nothing to do."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _hang_up(self) -> None:
        """Read no further than what it has said: another process, which it left behind, may hold its socket."""
        if not self._is_busy:
            self.close()
            return
        self._kill()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _kill(self) -> None:
        is_alive = not self.ended.done() or self._zygote.is_lost  # which would have waited for it
        if self._pid and is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)


def _error(op: str, err_no: int | None, kind: str, text: str) -> ServingKitError:
    return of_kind(Kind(kind), text) if err_no is None else OpError(err_no, text, op)
