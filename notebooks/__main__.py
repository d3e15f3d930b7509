"""`python -m notebooks list`, `run [SLUG|TASK|all|tour|guides ...]` and `thumbnails`: the notebooks from a shell."""

import argparse
import sys
from collections.abc import Sequence

from notebooks.house import run, shelf, status, thumbnail


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 where a notebook failed, 2 with one sentence, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m notebooks", description="One notebook a model, and a few guides.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="one line a notebook").set_defaults(run=_list)
    runs = commands.add_parser("run", help="run notebooks through papermill and write one report")
    run.configure(runs, default="tour")
    runs.set_defaults(run=run.command)
    pictures = commands.add_parser("thumbnails", help="make the small pictures of the index")
    pictures.add_argument("--check", action="store_true", help="change nothing, fail where something would change")
    pictures.set_defaults(run=_thumbnails)
    options = parser.parse_args(arguments)
    return status.of(lambda: options.run(options))


def _list(_: argparse.Namespace) -> int:
    for path in shelf.paths():
        on_tour = "tour" if path.stem in shelf.TOUR else ""
        print(f"{path.stem:34}{_shelf(path.parent.name):24}{on_tour:6}{shelf.title(shelf.read(path))}".rstrip())
    return 0


def _thumbnails(options: argparse.Namespace) -> int:
    changed = thumbnail.refresh(write=not options.check)
    for name in changed:
        print(f"notebooks/thumbnails/{name}: {'out of date; run make sync' if options.check else 'written'}")
    return 1 if options.check and changed else 0


def _shelf(folder: str) -> str:
    return "guides" if folder == shelf.NOTEBOOKS.name else folder


if __name__ == "__main__":
    sys.exit(main())
