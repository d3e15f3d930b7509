"""Begin a model: a card and a notebook to fill in: `python -m notebooks.house.new_model --name slug --task task`.

The card begins as a copy of another card of its task: it loads at once, and every field shows what it looks like.
"""

import argparse
import re
import sys
from pathlib import Path

import zoo
from notebooks.house import frame, shelf
from notebooks.house.rules import PLACEHOLDER
from serving_kit.errors import BadInput, ServingKitError
from zoo.loader import CARDS

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
OWN_WORDS = {
    "name": "{slug}",
    "title": PLACEHOLDER,
    "summary": PLACEHOLDER + ", what it does and where it comes from, in a sentence or two",
}


def begin(slug: str, task: str, cards: Path = CARDS, notebooks: Path = shelf.NOTEBOOKS) -> list[Path]:
    """Write `<cards>/<slug>.yaml` and `<notebooks>/<task>/<slug>.ipynb` and return both; BadInput says why not."""
    if not SLUG.fullmatch(slug):
        raise BadInput(f"{slug!r} is no name for a model; use lower-case letters and digits with hyphens between")
    if slug in zoo.names(cards):
        raise BadInput(f"there is a card {slug!r} already; choose another name or edit that one")
    by_task = {zoo.load(name, cards).task: name for name in reversed(zoo.names(cards))}
    if task not in by_task:
        raise BadInput(f"no card has the task {task!r}; there are {', '.join(sorted(by_task))}")
    card, notebook = cards / f"{slug}.yaml", notebooks / task / f"{slug}.ipynb"
    card.write_text(skeleton(cards / f"{by_task[task]}.yaml", slug), encoding="utf-8")
    shelf.write(frame.begin(zoo.load(slug, cards)), notebook)
    return [card, notebook]


def skeleton(example: Path, slug: str) -> str:
    """Return an example card's text under another name, with a line on top that says what to do."""
    text = example.read_text(encoding="utf-8")
    for field, words in OWN_WORDS.items():
        text = re.sub(rf"^{field}:.*\n(?:  .*\n)*", f"{field}: {words.format(slug=slug)}\n", text, flags=re.MULTILINE)
    return f"# Begun as a copy of {example.stem}: make every line true of {slug}, then delete this one.\n{text}"


def main() -> int:
    """Begin a model and say what comes next."""
    parser = argparse.ArgumentParser(description="Begin a model: a card and a notebook to fill in.")
    parser.add_argument("--name", required=True, help="the model's slug, e.g. pp-ocrv4-mobile-det")
    parser.add_argument("--task", required=True, help="its task, e.g. text-detection")
    arguments = parser.parse_args()
    try:
        card, notebook = (path.relative_to(shelf.ROOT) for path in begin(arguments.name, arguments.task))
    except ServingKitError as error:
        print(f"new-model: {error}", file=sys.stderr)
        return 2
    print(f"1. edit {card} until it is true\n2. make sync\n3. write the cells of {notebook} that say {PLACEHOLDER}")
    print(f"4. make notebooks NOTEBOOKS={arguments.name}\n5. make check")
    return 0


if __name__ == "__main__":
    sys.exit(main())
