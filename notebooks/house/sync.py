"""Stamp the frame cells of model notebooks from their cards: `python -m notebooks.house.sync [--check] [SLUG...]`."""

import argparse
import sys
from collections.abc import Sequence

import zoo
from notebooks.house import frame, shelf, status


def main(arguments: Sequence[str] | None = None) -> int:
    """Stamp every notebook, or with --check say which ones have drifted, and return an exit status."""
    parser = argparse.ArgumentParser(description="Stamp the frame cells of every model notebook from its card.")
    parser.add_argument("slugs", nargs="*", help="notebooks to stamp, all where none is named")
    parser.add_argument("--check", action="store_true", help="change nothing, fail where something would change")
    options = parser.parse_args(arguments)
    return status.of(lambda: _stamp(options.slugs, check=options.check))


def _stamp(words: Sequence[str], *, check: bool) -> int:
    drifted = 0
    for path in filter(lambda path: not shelf.is_guide(path), shelf.chosen(words)):
        notebook, card = shelf.read(path), zoo.load(path.stem)
        cells = frame.drift(notebook, card)
        if not cells:
            continue
        drifted += 1
        print(f"{path.relative_to(shelf.ROOT)}: {'drifted' if check else 'stamped'}: {', '.join(cells)}")
        if not check:
            shelf.write(frame.stamp(notebook, card), path)
    if check and drifted:
        print("run `make sync`, then `make notebooks`, and commit the result", file=sys.stderr)
    return 1 if check and drifted else 0


if __name__ == "__main__":
    sys.exit(main())
