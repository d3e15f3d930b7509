"""A small picture of each model's answer, for the index: `python -m notebooks thumbnails [--check]`.

It is made of the notebook's own outputs. A cell tagged `thumbnail` says which; without the tag it is the last picture
that stands where the answer is read, else the last picture of the author's, else the answer in words on a card.
"""

import base64
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode
from PIL import Image, ImageOps

from notebooks.house import frame, outcome, shelf, text_card

FOLDER = shelf.NOTEBOOKS / "thumbnails"
SIZE_PX = (160, 104)
MAX_BYTES = 6 * 1024
KEPT = 0.75  # of a side that is too long for the frame: a whole strip would be too small to see
DESIGN = "1"  # a new design makes every thumbnail anew
_PICTURES = ("image/jpeg", "image/png")
_WORDS = 90


class Source(NamedTuple):
    """What a thumbnail is made of: a picture, or words where `picture` is empty."""

    picture: bytes
    words: str

    @property
    def mark(self) -> str:
        """A short text that changes with the source; it is kept in the thumbnail, and tells whether that is stale."""
        return hashlib.sha256(b"\0".join((DESIGN.encode(), self.picture, self.words.encode()))).hexdigest()[:16]


def refresh(*, write: bool, folder: Path = FOLDER) -> list[str]:
    """Return the names of the thumbnails that are missing, stale or of no notebook; mend them where `write`."""
    found = {path.name for path in folder.glob("*.jpg")}
    wanted = {f"{path.stem}.jpg": path for path in shelf.model_notebooks()}
    changed = sorted(found - wanted.keys())
    for name, path in wanted.items():
        source = choose(shelf.read(path), path.stem)
        if mark(folder / name) != source.mark:
            changed.append(name)
            if write:
                folder.mkdir(exist_ok=True)
                (folder / name).write_bytes(make(source, path.parent.name))
    if write:
        for name in found - wanted.keys():
            (folder / name).unlink()
    return changed


def mark(path: Path) -> str | None:
    """Return what a thumbnail says it was made of, None where there is none."""
    if not path.exists():
        return None
    with Image.open(path) as picture:
        comment = picture.info.get("comment", b"")
    return comment.decode() if isinstance(comment, bytes) else str(comment)


def choose(notebook: NotebookNode, slug: str) -> Source:
    """Return what stands best for a notebook; see the top of this file for the order."""
    ids = [cell.id for cell in notebook.cells]
    reading = slice(*(ids.index(name) if name in ids else 0 for name in ("frame-query", "frame-verify")))
    tagged = [cell for cell in notebook.cells if "thumbnail" in cell.metadata.get("tags", [])]
    own = [cell for cell in notebook.cells if not frame.is_frame(cell)]
    answer = [cell for cell in notebook.cells[reading] if not frame.is_frame(cell)]
    for cells in (tagged, answer, own) if not _said(tagged) else (tagged,):
        if pictures := sorted(_pictures(cells), key=lambda found: found[0]):
            return Source(pictures[-1][1], "")
    words = _said(tagged) or outcome.answer(notebook, slug) or shelf.title(notebook)
    return Source(b"", words[:_WORDS])


def make(source: Source, task: str) -> bytes:
    """Return a thumbnail as a JPEG of at most 6 KB that carries its source's mark."""
    if source.picture:
        with Image.open(io.BytesIO(source.picture)) as opened:
            picture = opened.convert("RGB")
        thumbnail = ImageOps.pad(_crop(picture), SIZE_PX, Image.Resampling.LANCZOS, color="white")
    else:
        thumbnail = text_card.draw(source.words, task, SIZE_PX)
    for quality in range(88, 20, -4):
        file = io.BytesIO()
        thumbnail.save(file, "JPEG", quality=quality, optimize=True, comment=source.mark)
        if file.tell() <= MAX_BYTES:
            break
    return file.getvalue()


def _crop(picture: Image.Image) -> Image.Image:
    """Return a picture without its white margins, its longer side cut towards the frame's, from the right or below."""
    inked = picture.convert("L").point(lambda value: 255 * (value < 245)).getbbox()
    picture = picture.crop(inked) if inked else picture
    width, height = picture.size
    ratio = SIZE_PX[0] / SIZE_PX[1]
    return picture.crop(
        (0, 0, max(min(width, height * ratio), width * KEPT), max(min(height, width / ratio), height * KEPT))
    )


def _pictures(cells: list[NotebookNode]) -> Iterator[tuple[bool, bytes]]:
    """Yield whether each picture is more than a plot, and its bytes: a drawn photo says more when it is small."""
    for cell in cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            for kind in _PICTURES:
                if kind in data:
                    is_plot = str(data.get("text/plain", "")).startswith("<Figure")
                    yield not is_plot, base64.b64decode(data[kind])


def _said(cells: list[NotebookNode]) -> str:
    """Return what the cells printed."""
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", ())).strip()
