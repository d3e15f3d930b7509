"""The page of a comparison: written from rows alone, so that it can be written anew without measuring anew."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.peer import plot
from benchmarks.peer.prose import how, repeat, settings
from benchmarks.peer.question import Wire
from benchmarks.peer.row import Run
from benchmarks.peer.summary import Contest, Entry, Loss, Rows, absences, contests, losses, run_of
from benchmarks.report import markdown
from serving_kit.bench.number import short

_HEAD = (
    "c",
    "server",
    "requests/s",
    "rounds",
    "ours / its",
    "p50 ms",
    "p99 ms",
    "p99 / mean",
    "CPU µs",
    "CPU / engine's",
    "of limit",
    "generator",
    "failed",
)
_FORMS = {Wire.JSON: "JSON", Wire.BINARY: "binary"}


def write(rows: Rows, path: Path) -> None:
    """Write the page, and its plots into `plots/` beside it; BadInput for rows of no run."""
    held = contests(rows)
    titles = {server.name: server.title for server in run_of(rows).servers}
    for contest in held:
        plot.save(plot.plot(contest, titles), path.parent / "plots" / _plot_name(contest))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(rows), "utf-8")


def page(rows: Rows) -> str:
    """Return the page as Markdown."""
    run = run_of(rows)
    held = contests(rows)
    parts = ["# This server beside its peers", *how(run)]
    for contest in held:
        parts += _contest(contest, run)
    parts += ["## Where this server loses", *_losses(held, run)]
    parts += ["## What could not be measured", *_absences(rows)]
    parts += ["## Every server's settings", *settings(run)]
    parts += ["## Repeat it", *repeat(run)]
    return "\n\n".join(parts) + "\n"


def _contest(contest: Contest, run: Run) -> Iterator[str]:
    subject = next(model.title for model in run.models if model.slug == contest.model)
    name = f"{contest.model}, {_FORMS[contest.wire]}"
    yield f"## {name}: {subject}"
    yield from _limits(contest)
    yield f"![{name}: requests/s and 99th percentile by connections](plots/{_plot_name(contest)})"
    titles = {server.name: server.title for server in run.servers}
    yield markdown(_HEAD, [_cells(contest, entry, titles[entry.server]) for entry in contest.entries])


def _limits(contest: Contest) -> Iterator[str]:
    batches = sorted({limit.batch for limit in contest.limits})
    said = [
        f"{short(rate)} a second at batch {batch} ({short(cpu_us)} µs of processor time each)"
        for batch in batches
        if (rate := contest.limit(batch)) and (cpu_us := contest.limit_cpu_us(batch))
    ]
    if said:
        yield f"The engine alone, in a loop on the same core: {', '.join(said)}."


def _cells(contest: Contest, entry: Entry, title: str) -> tuple[str, ...]:
    ratio, limit, cpu_us = contest.ratio(entry), contest.limit(1), contest.limit_cpu_us(1)
    return (
        str(entry.concurrency),
        title,
        short(entry.requests_per_s),
        f"{short(entry.slowest)} to {short(entry.fastest)}" if entry.rounds > 1 else "1",
        f"{ratio:.2f}" if ratio else "-",
        short(entry.p50_ms),
        short(entry.p99_ms),
        f"{entry.p99_ms / 1e3 * entry.requests_per_s / entry.concurrency:.2f}",
        short(entry.server_cpu_us),
        f"{entry.server_cpu_us / cpu_us:.2f}" if cpu_us else "-",
        f"{entry.requests_per_s / limit:.0%}" if limit else "-",
        f"{entry.client_share:.0%}",
        str(entry.failures),
    )


def _losses(held: list[Contest], run: Run) -> Iterator[str]:
    if not any(contest.own(entry.concurrency) for contest in held for entry in contest.entries):
        yield "This server was no part of this run."
        return
    found = [loss for contest in held for loss in losses(contest)]
    if not found:
        yield "Nowhere in this run: no other server answered 2 % more, or had a 99th percentile 2 % lower."
        return
    titles = {server.name: server.title for server in run.servers}
    yield (
        "Each line is a place where another server was at least 2 % better. It is *clear* where the other's slowest "
        "round was faster than this server's fastest; the rest may be chance."
    )
    yield "\n".join(_loss(loss, titles) for loss in found)


def _loss(loss: Loss, titles: dict[str, str]) -> str:
    if loss.figure == "p99":
        figures = f"p99 {short(loss.other.p99_ms)} ms against {short(loss.own.p99_ms)} ms"
    else:
        figures = f"{short(loss.other.requests_per_s)} requests/s against {short(loss.own.requests_per_s)}"
    place = f"{loss.model} {_FORMS[loss.wire]}, c={loss.other.concurrency}"
    clear = ", clear" if loss.is_clear else ""
    return f"- {place}: {titles[loss.other.server]} {loss.by:.2f} times better, {figures}{clear}"


def _absences(rows: Rows) -> Iterator[str]:
    titles = {server.name: server.title for server in run_of(rows).servers}
    found = absences(rows)
    if not found:
        yield "Every server answered in every form and at every concurrency."
        return
    lines = []
    for models, one in found:
        form = f" {_FORMS[one.wire]}" if one.wire else ""
        since = f", from c={one.concurrency} on" if one.concurrency else ""
        lines.append(f"- {titles[one.server]} ({', '.join(models)}{form}{since}): {' '.join(one.reason.split())}")
    yield "\n".join(lines)


def _plot_name(contest: Contest) -> str:
    return f"{contest.model}-{contest.wire}.svg"
