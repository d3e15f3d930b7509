"""Numbers for people: three digits that count, and no exponent."""


def short(value: float) -> str:
    """Return e.g. `0.0123`, `1.23`, `12.3`, `1,235`."""
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
