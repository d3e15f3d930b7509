"""Write the tables of the documents: `python -m notebooks.house.document [--check]`.

They are made of cards, of the records of notebooks, of flags and of settings.

A table stands between `<!-- begin: name -->` and `<!-- end: name -->`; nothing else of a document is touched.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from notebooks.house import index, shelf, status
from notebooks.house.markdown import table
from serving_kit.serve.flags import ADDED, FLAGS
from serving_kit.settings import Settings
from zoo.card import Card

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "notebooks/README.md",
    "zoo/CONVERSIONS.md",
    "serving_kit/serve/FLAGS.md",
)
_BLOCK = re.compile(r"(?P<begin><!-- begin: (?P<name>\w+) -->\n).*?(?P<end><!-- end: (?P=name) -->)", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every table, or with --check say which are out of date, and return an exit status."""
    parser = argparse.ArgumentParser(description="Write the tables of the documents from cards, flags and settings.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail where something would change")
    options = parser.parse_args(arguments)
    return status.of(lambda: _write(check=options.check))


def _write(*, check: bool) -> int:
    stale = [name for name in DOCUMENTS if refresh(shelf.ROOT / name, write=not check)]
    for name in stale:
        print(f"{name}: {'out of date; run make sync' if check else 'written'}")
    return 1 if check and stale else 0


def refresh(path: Path, *, write: bool) -> bool:
    """Return whether a document's tables differ from what they should be; mend them where `write`."""
    old = path.read_text(encoding="utf-8")
    new = _BLOCK.sub(lambda block: block["begin"] + TABLES[block["name"]]() + block["end"], old)
    if write and new != old:
        path.write_text(new, encoding="utf-8")
    return new != old


def flags() -> str:
    """Return one row a flag that is not hidden, in the order of `--help`."""
    shown = (flag for flag in FLAGS if not flag.hidden)
    rows = ((_names(flag.name, flag.old_names), flag.group, flag.refusal or flag.help_line()) for flag in shown)
    return table(("flag", "about", "here"), rows)


def settings() -> str:
    """Return one row a setting."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "the user's cache folder" if field.default_factory else f"`{field.default}`"
        rows.append((f"`SERVING_KIT_{name.upper()}`", "none" if name == "mirrors" else default, field.description))
    return table(("variable", "default", "meaning"), rows)


def fields() -> str:
    """Return one row a field of a card."""
    rows = []
    for name, field in Card.model_fields.items():
        rows.append((f"`{name}`" + ("" if field.is_required() else " (optional)"), field.description))
    return table(("field", "what it says"), rows)


def _names(name: str, old_names: Sequence[str]) -> str:
    added = " (new)" if name in ADDED else ""
    return ", ".join(f"`{each}`" for each in (name, *old_names)) + added


TABLES: dict[str, Callable[[], str]] = {
    "models": index.models,
    "guides": index.guides,
    "index": index.index,
    "conversions": index.conversions,
    "flags": flags,
    "settings": settings,
    "fields": fields,
}

if __name__ == "__main__":
    sys.exit(main())
