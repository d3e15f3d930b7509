"""The candidates of a result as lines of text, the most requests a second first."""

from serving_kit.tune.result import Result


def table(result: Result) -> str:
    """Return a table of all measurements, the winners marked `latency` and `throughput`, then what was refused."""
    rows = sorted(result.measurements, key=lambda each: -each.requests_per_s)
    width = max(len(each.candidate.title) for each in rows)
    lines = [f"{result.model} on {result.machine.cores} cores of {result.machine.cpu}"]
    lines += [f"{'candidate':{width}}  {'run, ms':>9}  {'requests/s':>10}"]
    for each in rows:
        won = [name for name in ("latency", "throughput") if each.candidate == getattr(result, name).candidate]
        figures = f"{each.candidate.title:{width}}  {each.run_ms:9.3f}  {each.requests_per_s:10.1f}"
        lines.append(f"{figures}  {' and '.join(won)}".rstrip())
    lines += [f"{title}: {reason}" for title, reason in result.agreement.items()]
    lines += [f"{refusal.engine} {refusal.precision}: {refusal.reason}" for refusal in result.refusals]
    return "\n".join(lines)
