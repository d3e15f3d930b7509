"""Cards by name, read from YAML with errors that say which card and which field."""

from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from serving_kit.errors import BadInput, NotFound
from zoo.card import Card

CARDS = Path(__file__).parent / "cards"
DATA = Path(__file__).parent.parent / "data"

_Model = TypeVar("_Model", bound=BaseModel)


def names(folder: Path = CARDS) -> list[str]:
    """Return the slugs of all cards, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(name: str, folder: Path = CARDS) -> Card:
    """Return the card of a model; NotFound suggests the nearest name, BadInput says `in card X, field Y: ...`."""
    card = read(name, folder, Card)
    known = names(DATA)
    if card.example.input not in known:
        raise BadInput(f"in card {name}, field example.input: there is no data/{card.example.input}.yaml")
    if isinstance(card.labels, str) and card.labels not in {*known, *card.taken}:
        raise BadInput(f"in card {name}, field labels: no source takes {card.labels!r} and there is no data card of it")
    return card


def read(name: str, folder: Path, model: type[_Model]) -> _Model:
    """Return `folder/<name>.yaml` as `model`; the card's own `name` must be that of its file."""
    path = folder / f"{name}.yaml"
    if name not in names(folder):
        near = get_close_matches(name, names(folder), n=1)
        hint = f"did you mean {near[0]!r}" if near else f"use one of {names(folder)}"
        raise NotFound(f"no card {name!r}; {hint}")
    try:
        card = model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise BadInput(f"card {name} is no YAML ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        first = error.errors()[0]
        # A check of the whole card names the field itself.
        text = str(first["msg"]).removeprefix("Value error, ").removeprefix("field ")
        field = ".".join(str(part) for part in first["loc"])
        if not field and first["type"] != "value_error":
            got = type(first["input"]).__name__
            raise BadInput(f"in card {name}: the file must hold fields with values, not one {got}") from None
        raise BadInput(f"in card {name}, field {f'{field}: ' if field else ''}{text}") from None
    if getattr(card, "name", name) != name:
        raise BadInput(f"in card {name}, field name: the file is called {path.name}; use one name for both")
    return card
