"""One request through a graph: each op is asked once all that it hears from have spoken."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from serving_kit.errors import DeadlineExceeded, Internal
from serving_kit.pipeline.graph import ENTRY, Graph, Node
from serving_kit.pipeline.sample import Sample

Values = Mapping[str, Any]
"""What an op gets: the answer of each op it hears from, by that op's name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an op gives for one request; one that `jumps` speaks to the op's jumps only, else to its followers only."""

    value: Any
    jumps: bool = False


class Stage(Protocol):
    """One op as a flow sees it."""

    async def ask(self, sample: Sample, values: Values) -> Answer:
        """Answer for one request; raises ServingKitError."""
        ...


class _Silence:
    """What an op hears from one that was jumped over."""


_SILENCE = _Silence()
_Said: TypeAlias = Mapping[tuple[str, str], asyncio.Future[Any]]
"""What one op says to another, by their names, once it is said."""


class Flow:
    """One request's way; made for `run`, which is called once."""

    def __init__(self, graph: Graph, stages: Mapping[str, Stage], sample: Sample) -> None:
        self._graph = graph
        self._stages = stages
        self._sample = sample

    async def run(self, request: Any) -> Any:
        """Return the last op's answer; the first error of an op ends all that still runs for the request.

        Raises what the op raised, and DeadlineExceeded when the request's time is over. An op whose every source is
        silent is silent too; where the last op is, no way led to it, and that is Internal.
        """
        lead = self._along if self._graph.is_line else self._through
        try:
            async with asyncio.timeout(self._sample.left_s()):
                value = await lead(request)
        except TimeoutError:
            raise DeadlineExceeded("the time that the request allows is over; allow more or ask for less") from None
        if value is _SILENCE:
            raise Internal(f"every way to the last op, {self._graph.last!r}, was jumped over; let a jump lead to it")
        return value

    async def _along(self, value: Any) -> Any:
        """Lead the request along a line, in no tasks of its own."""
        before = ENTRY
        for node in self._graph.nodes:
            answer = await self._stages[node.name].ask(self._sample, {before: value})
            value, before = answer.value, node.name
        return value

    async def _through(self, request: Any) -> Any:
        """Lead the request through a graph, each op in a task."""
        graph = self._graph
        said = _open(graph, graph.nodes)
        for name in graph.followers[ENTRY]:
            said[ENTRY, name].set_result(request)
        answer = await _last([self._pass_on(node, said) for node in graph.nodes])  # the last op is the last
        return answer.value

    async def _pass_on(self, node: Node, said: _Said) -> Answer:
        """Ask one op once its sources have spoken, and tell those behind it."""
        answer = await self._ask(node, said)
        while answer.jumps and self._graph.loops[node.name]:
            answer = await self._round(node, answer.value, said)
        passed, jumped = (_SILENCE, answer.value) if answer.jumps else (answer.value, _SILENCE)
        _say(node.name, self._graph.followers[node.name], passed, said)
        _say(node.name, self._graph.jumps[node.name], jumped, said)
        return answer

    async def _ask(self, node: Node, said: _Said) -> Answer:
        heard = await _heard(node, self._graph.sources[node.name], said)
        return await self._stages[node.name].ask(self._sample, heard) if heard else Answer(_SILENCE)

    async def _round(self, node: Node, value: Any, said: _Said) -> Answer:
        """Go round a loop of `node` once more, and return what it says then; from outside it hears what was said."""
        (first, *others), *_ = self._graph.loops[node.name]
        heard = {node.name: value}
        answer = await self._stages[first.name].ask(self._sample, heard)
        if not others:
            return answer
        again = dict(said) | _open(self._graph, [first, *others], inside=True)
        _say(first.name, self._graph.followers[first.name], answer.value, again)
        *between, last = others
        return await _last([*(self._pass_on(one, again) for one in between), self._ask(last, again)])


async def _last(asked: Sequence[Coroutine[Any, Any, Answer]]) -> Answer:
    """Run these side by side and return what the last one returns; the first error of any is raised.

    When this ends none of them runs any more, whoever was not waited for.
    """
    tasks = [asyncio.ensure_future(one) for one in asked]
    waiting = set(tasks)
    try:
        while not tasks[-1].done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        return tasks[-1].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _open(graph: Graph, nodes: Sequence[Node], *, inside: bool = False) -> dict[tuple[str, str], asyncio.Future[Any]]:
    """Return what will be said to these ops; with `inside` only what they say to one another."""
    loop = asyncio.get_running_loop()
    names = {node.name for node in nodes}
    return {
        (source, node.name): loop.create_future()
        for node in nodes
        for source in graph.sources[node.name]
        if not inside or source in names
    }


def _say(name: str, listeners: Iterable[str], value: Any, said: _Said) -> None:
    for listener in listeners:
        future = said[name, listener]
        if not future.done():  # of a loop's later rounds those outside it hear nothing
            future.set_result(value)


async def _heard(node: Node, sources: Sequence[str], said: _Said) -> dict[str, Any]:
    """Return what the sources said, without the silent ones; only the first that spoke where that is enough."""
    waiting = {said[source, node.name]: source for source in sources}
    if not node.takes_first:
        for future in waiting:
            await future
        return {source: future.result() for future, source in waiting.items() if future.result() is not _SILENCE}
    while waiting:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for future in [future for future in waiting if future.done()]:
            source = waiting.pop(future)
            if future.result() is not _SILENCE:
                return {source: future.result()}
    return {}
