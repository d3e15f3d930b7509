"""What `benchmarks.pipeline` saw, as Markdown."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dag import chain, ocr, old
from benchmarks.dag.rounds import Rounds, Seen
from benchmarks.report import markdown
from serving_kit.bench.number import short
from serving_kit.bench.row import Machine, versions


@dataclass(frozen=True)
class About:
    """How a run was made; `python` is the old server's version, None where it was left out."""

    lengths: Sequence[int]
    concurrencies: Sequence[int]
    repeats: int
    seconds: float
    ocr_seconds: float
    load: float
    python: str | None


def page(rounds: Rounds, about: About) -> str:
    """Return the page; what was not measured is left out."""
    machine, installed = Machine.here(), versions()
    parts = [
        "# What a pipeline costs",
        "Written by `python -m benchmarks.pipeline`; do not edit.",
        f"Machine: {machine.cpu}, {machine.cores} cores, load average {about.load:.1f} when it began. "
        + ", ".join(f"{name} {version}" for name, version in installed.items())
        + ".",
        f"Server, or loop, on one core and load generator on another; interleaved rounds ({about.repeats}) of "
        f"{about.seconds:g} s a point ({about.ocr_seconds:g} s for photos), figures are medians. `generator` is how "
        "much of its core the load generator used: near 100 % the figure is its limit, not the server's.",
        *_chains(rounds, about),
        *_ocr(rounds),
        *_old(rounds, about),
    ]
    return "\n\n".join(parts) + "\n"


def kept_of_loop(rounds: Rounds) -> float | None:
    """Return the fastest server's photos a second by the fastest loop's."""
    loops = [seen for setting in ocr.SETTINGS if (seen := rounds.seen(ocr.loop_name(setting)))]
    served = [seen for setting in ocr.SETTINGS for way in ocr.WAYS if (seen := _served(rounds, way, setting))]
    return _most(served) / _most(loops) if loops and served else None


def times_of_old(
    rounds: Rounds, concurrencies: Sequence[int], way: str, settings: Collection[str] = tuple(old.SETTINGS)
) -> float | None:
    """Return this server's best requests/s over a protocol by the old one's best in one of the settings."""
    ours = [seen for one in _over(way) for seen in _uci(rounds, old.OURS, one, concurrencies, old.SETTINGS)]
    theirs = [seen for one in _over("gRPC") for seen in _uci(rounds, old.OLD, one, concurrencies, settings)]
    return _most(ours) / _most(theirs) if ours and theirs else None


def _chains(rounds: Rounds, about: About) -> Iterator[str]:
    lengths = [ops for ops in about.lengths if rounds.seen(chain.name("gRPC", ops))]
    if not lengths:
        return
    yield "## What an op costs"
    yield (
        "Chains of ops that hand on what they get, one request at a time. An op costs the slope of the straight line "
        "through the p50 by the number of ops; what a request costs besides is where the line begins."
    )
    rows = []
    for way in chain.WAYS:
        seen = [one for ops in lengths if (one := rounds.seen(chain.name(way, ops)))]
        cost = chain.cost_ms(rounds, way, lengths)
        ends = (short(cost[0]), short(cost[1])) if cost else ("-", "-")
        rows.append((way, *(f"{short(one.p50_ms)} ({short(one.p99_ms)})" for one in seen), *ends))
    head = (*(f"{ops} ops: p50 (p99) ms" for ops in lengths), "an op, ms", "besides, ms")
    yield markdown(("way", *head), rows)
    for way in chain.WAYS:
        if cost := chain.cost_ms(rounds, way, lengths):
            kept = _kept(cost[0] <= chain.GOAL_MS)
            yield f"An op costs {short(cost[0])} ms {_by(way)}: goal of {chain.GOAL_MS} ms {kept}."


def _ocr(rounds: Rounds) -> Iterator[str]:
    loops = {setting: seen for setting in ocr.SETTINGS if (seen := rounds.seen(ocr.loop_name(setting)))}
    if not loops:
        return
    yield "## Reading the text in a photo"
    yield (
        f"{' and '.join(ocr.MODELS)}, oneDNN, one thread, on a photo of 800 x 600 with five lines of text. The loop "
        "decodes, finds, cuts out and reads in one thread; the pipeline has an op each for the first, the next two, "
        f"and the last, and {ocr.CONCURRENCY} requests are on their way. `8 together` shares runs among up to 8 photos."
    )
    fastest = _most(list(loops.values()))
    rows = [_ocr_row("in process, a loop", setting, seen, fastest) for setting, seen in loops.items()]
    for way in ocr.WAYS:
        for setting in ocr.SETTINGS:
            if seen := _served(rounds, way, setting):
                rows.append(_ocr_row(f"pipeline over {way}", setting, seen, fastest))
    yield markdown(("way", "setting", "photos/s", "rounds", "of the faster loop", "CPU ms a photo"), rows)
    if alone := rounds.seen(ocr.models_name()):
        yield f"The two models alone take {1e3 / alone.requests_per_s:.0f} ms at the least, one photo at a time."
    share = kept_of_loop(rounds)
    if share:
        kept = _kept(share >= ocr.GOAL)
        yield f"The best of the pipeline reaches {share:.0%} of the best loop: goal of {ocr.GOAL:.0%} {kept}."


def _ocr_row(way: str, setting: str, seen: Seen, fastest: float) -> tuple[str, ...]:
    return (
        way,
        setting,
        f"{seen.requests_per_s:.2f}",
        seen.range("requests_per_s", 2),
        f"{seen.requests_per_s / fastest:.0%}",
        f"{seen.cpu_us / 1e3:.0f}",
    )


def _old(rounds: Rounds, about: About) -> Iterator[str]:
    rows = [row for setting in old.SETTINGS for row in _old_rows(rounds, about, setting)]
    if not rows:
        return
    yield "## Beside Paddle Serving 0.9's pipeline server"
    yield (
        f"{old.MODEL}, one op with a model in the server's process: the same script, model, config.yml and load for "
        "both. Requests are bytes made beforehand; each connection has one on its way, or one connection has all. "
        "`times` divides requests/s, `by CPU` the processor time of an answer, which a busy machine moves least."
    )
    if about.python:
        pins = ", ".join(f"{name} {version}" for name, version in old.versions().items())
        yield (
            f"0.9 is the Python of its wheels under Python {about.python}, untouched and with nothing in the place of "
            f"what is missing: {pins}. Its wheel has no gateway, so that it answers gRPC only; HTTP here is this "
            "server's alone."
        )
    yield markdown(_OLD_HEAD, rows)
    yield "\n".join(f"- {setting}: `{_written(old.SETTINGS[setting])}`" for setting in old.SETTINGS)
    for way in ("gRPC", "HTTP"):
        found = {
            label: times
            for label, settings in (("as its example has it", [old.EXAMPLE]), ("at its best", [*old.SETTINGS]))
            if (times := times_of_old(rounds, about.concurrencies, way, settings))
        }
        if found:
            told = ", ".join(f"{times:.1f} times as much as 0.9 {label}" for label, times in found.items())
            kept = ", ".join(_kept(times >= old.GOAL) for times in found.values())
            yield f"At its best over {way}, this server answers {told} over gRPC: goal of {old.GOAL:g} {kept}."


_OLD_HEAD = (
    "setting",
    "way",
    "c",
    "this server/s",
    "p50 ms",
    "CPU µs",
    "0.9/s",
    "p50 ms",
    "CPU µs",
    "times",
    "by CPU",
    "generator",
)


def _old_rows(rounds: Rounds, about: About, setting: str) -> Iterator[tuple[str, ...]]:
    for way in old.WAYS:
        for concurrency in about.concurrencies:
            ours = rounds.seen(old.name(old.OURS, way, setting), concurrency)
            theirs = rounds.seen(old.name(old.OLD, way, setting), concurrency)
            if not ours:
                continue
            by_rate = _times(ours.requests_per_s, theirs.requests_per_s) if theirs else "-"
            by_cpu = _times(theirs.cpu_us, ours.cpu_us) if theirs else "-"
            shares = [seen.client_share for seen in (ours, theirs) if seen]
            figures = (*_figures(ours), *(_figures(theirs) if theirs else ("-", "-", "-")))
            yield (setting, way, str(concurrency), *figures, by_rate, by_cpu, f"{max(shares):.0%}")


def _times(more: float, less: float) -> str:
    return f"{more / less:.1f}"


def _figures(seen: Seen) -> tuple[str, str, str]:
    return f"{seen.requests_per_s:,.0f}", short(seen.p50_ms), f"{seen.cpu_us:.0f}"


def _uci(
    rounds: Rounds, server: str, way: str, concurrencies: Sequence[int], settings: Collection[str]
) -> Iterator[Seen]:
    for setting in settings:
        for concurrency in concurrencies:
            if seen := rounds.seen(old.name(server, way, setting), concurrency):
                yield seen


def _over(way: str) -> tuple[str, ...]:
    return tuple(one for one in old.WAYS if one.startswith(way))


def _served(rounds: Rounds, way: str, setting: str) -> Seen | None:
    return rounds.seen(ocr.name(way, setting), ocr.CONCURRENCY)


def _most(seen: Sequence[Seen]) -> float:
    return max(one.requests_per_s for one in seen)


def _written(setting: Mapping[str, object]) -> str:
    flat = {**setting, **dict(setting["dag"] if isinstance(setting["dag"], dict) else {})}
    return ", ".join(f"{key}: {value}" for key, value in flat.items() if key != "dag")


def _by(way: str) -> str:
    return way if way.startswith("in") else f"over {way}"


def _kept(is_kept: bool) -> str:
    return "kept" if is_kept else "missed"
