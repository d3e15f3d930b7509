"""YAML documents checked against what their keys may be; an unknown key is told with the nearest known one."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from serving_kit.errors import BadInput


class Section(BaseModel):
    """A part of a file, in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


S = TypeVar("S", bound=Section)


def parsed(path: Path) -> Any:
    """Return what a YAML file holds; BadInput where it holds none."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or str(error).replace("\n", " ")
        raise BadInput(f"{path} cannot be read as YAML: {reason}") from None


def checked(section: type[S], document: Any, where: str) -> S:
    """Check a parsed document; BadInput begins with `where` and names the first key that is wrong."""
    if not isinstance(document, dict):
        raise BadInput(f"{where} must hold keys and values, not {type(document).__name__}; write `key: value`")
    try:
        return section.model_validate(document)
    except ValidationError as error:
        raise BadInput(f"{where}: {_first(error, section)}") from None


def _first(error: ValidationError, section: type[Section]) -> str:
    """Put one complaint into a sentence: of an unknown key if there is one, which may be why another is missing."""
    complaint = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    place = [str(part) for part in complaint["loc"]]
    key = ".".join(place) or "it"
    if complaint["type"] != "extra_forbidden":
        said = complaint["msg"].removeprefix("Value error, ")
        if isinstance(complaint["input"], dict):
            return f"{key}: {said}" if place else said
        return f"{key}: {said}, got {complaint['input']!r}"
    known = _keys(section, place[:-1])
    near = difflib.get_close_matches(place[-1], known, n=1)
    hint = f"did you mean {'.'.join([*place[:-1], near[0]])}?" if near else f"known here: {', '.join(sorted(known))}"
    return f"unknown key {key}; {hint}"


def _keys(section: type[BaseModel], place: Sequence[str]) -> list[str]:
    """Return the keys that a section below another may hold."""
    parts = iter(place)
    for part in parts:
        annotation = next(
            field.annotation for name, field in section.model_fields.items() if part in (name, field.alias)
        )
        if get_origin(annotation) is dict:
            next(parts)  # the name that the file's writer gave
        section = next(one for one in (annotation, *get_args(annotation)) if _is_section(one))
    return [field.alias or name for name, field in section.model_fields.items()]


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
