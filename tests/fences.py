"""Read the fenced code blocks of a Markdown file, so that tests run what readers copy."""

import re
from pathlib import Path

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def read_fences(path: Path, language: str) -> list[str]:
    """Return the code of each block that opens with ```language, in order."""
    text = path.read_text(encoding="utf-8")
    return [match["code"] for match in _FENCE.finditer(text) if match["language"] == language]
