"""One command-line flag as data, and the parser that a table of them makes."""

import argparse
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from serving_kit.errors import BadInput


@dataclass(frozen=True)
class Flag:
    """One flag; `kind` bool is a switch, `many` takes one value or more.

    `needs` names the flag without which this one has no effect, so that giving it alone is refused. `refusal` says why
    a flag that is parsed for old scripts cannot be honoured at all.
    """

    name: str
    kind: type[int] | type[str] | type[bool]
    default: Any
    group: str
    help: str
    choices: range | tuple[str, ...] | None = None
    many: bool = False
    old_names: tuple[str, ...] = ()
    needs: str | None = None
    refusal: str | None = None
    hidden: bool = False

    @property
    def key(self) -> str:
        """The attribute that holds the value."""
        return self.name.removeprefix("--")

    def help_line(self) -> str:
        """Return what it does, which values it takes and what it is called elsewhere."""
        notes = [text for text in (self._range_text(), self._default_text()) if text]
        notes += [f"only with {self.needs}"] if self.needs else []
        return self.help + (f" ({'; '.join(notes)})" if notes else "")

    def read(self, text: str) -> int | str:
        """Return a value of the flag's type; ArgumentTypeError says what was expected. Choices ignore case."""
        value: int | str
        try:
            value = int(text) if self.kind is int else text.lower() if self.choices else text
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if self.choices is not None and value not in self.choices:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {self._range_text()}")
        return value

    def _range_text(self) -> str:
        if isinstance(self.choices, range):
            open_ended = self.choices.stop > 1 << 31
            return f"{self.choices.start} or more" if open_ended else f"{self.choices.start}..{self.choices.stop - 1}"
        return ", ".join(self.choices or ())

    def _default_text(self) -> str:
        shown = self.default[0] if self.many and self.default else self.default
        return "" if self.kind is bool or shown in (None, "", ()) else f"default {shown}"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises BadInput instead of printing its usage and exiting."""

    def error(self, message: str) -> NoReturn:
        """Raise BadInput with argparse's own message."""
        raise BadInput(f"{message}; --help lists every flag")


def build_parser(prog: str, usage: str, flags: Sequence[Flag]) -> Parser:
    """Return a parser of the table; flags that are not given leave no attribute, so that one can tell.

    A flag may be shortened while it stays unique, which is how `--gpu_id` of old documents works.
    """
    parser = Parser(
        prog=prog,
        usage=usage,
        allow_abbrev=True,
        argument_default=argparse.SUPPRESS,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=42, width=120),
    )
    parser.add_argument("command", nargs="*", default=(), help=argparse.SUPPRESS)
    groups: dict[str, Any] = {}
    for flag in flags:
        if flag.group not in groups:
            groups[flag.group] = parser.add_argument_group(flag.group)
        groups[flag.group].add_argument(flag.name, *flag.old_names, dest=flag.key, **_action(flag))
    return parser


def parse(parser: Parser, flags: Sequence[Flag], arguments: Sequence[str]) -> argparse.Namespace:
    """Parse arguments; `given` of the result is the set of flags on the command line, the rest have their defaults.

    BadInput names an unknown flag with the nearest known one, a value of the wrong type, one out of range, a flag that
    is refused here and a flag whose partner is missing.
    """
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise BadInput(_unknown_text(unknown[0], flags))
    if len(parsed.command) > 1:
        raise BadInput(f"{parsed.command[1]!r} is not expected after {parsed.command[0]!r}; flags start with --")
    parsed.given = frozenset(flag.name for flag in flags if hasattr(parsed, flag.key))
    for flag in flags:
        value = getattr(parsed, flag.key, flag.default)
        setattr(parsed, flag.key, tuple(value) if flag.many else value)
    for flag in flags:
        _check_partner(flag, flags, parsed)
    return parsed


def _check_partner(flag: Flag, flags: Sequence[Flag], parsed: argparse.Namespace) -> None:
    if getattr(parsed, flag.key) == flag.default:
        return
    if flag.refusal:
        raise BadInput(f"{flag.name} cannot be honoured: {flag.refusal}")
    partner = next((other for other in flags if other.name == flag.needs), None)
    if partner and getattr(parsed, partner.key) == partner.default:
        raise BadInput(f"{flag.name} has no effect without {flag.needs}; add {flag.needs} or leave {flag.name} out")


def _action(flag: Flag) -> dict[str, Any]:
    shown = argparse.SUPPRESS if flag.hidden else flag.help_line()
    if flag.kind is bool:
        return {"action": "store_true", "help": shown}
    metavar = "N" if flag.kind is int else "TEXT"
    return {"type": flag.read, "nargs": "+" if flag.many else None, "metavar": metavar, "help": shown}


def _unknown_text(argument: str, flags: Sequence[Flag]) -> str:
    name = argument.split("=", maxsplit=1)[0]
    known = [name for flag in flags if not flag.hidden for name in (flag.name, *flag.old_names)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "--help lists every flag"
    return f"unknown flag {name}; {hint}"
