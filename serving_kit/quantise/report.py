"""What a quantisation did, in words."""

from serving_kit.spec import Deviation, Quantisation

_MB = 1e6


def lines(made: Quantisation) -> list[str]:
    """Return the recipe, the sizes and one line an output."""
    samples = "1 sample" if made.samples == 1 else f"{made.samples} samples"
    sizes = f"{made.bytes_before / _MB:.1f} MB before, {made.bytes_after / _MB:.1f} MB after"
    return [f"int8 ({made.recipe}) from {samples}: {sizes}", *(_line(*output) for output in made.outputs.items())]


def _line(name: str, moved: Deviation) -> str:
    same = "" if moved.agreement is None else f", the largest value stays in place in {moved.agreement:.1%} of the rows"
    return (
        f"{name}: differs from fp32 by {moved.max_difference:.2g} at most, {moved.mean_difference:.2g} on average, "
        f"{moved.relative:.1%} of its size{same}"
    )
