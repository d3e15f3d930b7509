"""A thumbnail shows the answer, is small, and knows what it was made of."""

import base64
import io
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image, ImageFont

from notebooks.house import shelf, text_card, thumbnail
from notebooks.house.thumbnail import Source
from zoo import data


def _jpeg(colour: str, size: tuple[int, int] = (300, 200)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def _cell(
    name: str, *pictures: bytes, plot: bool = False, printed: str = "", tags: tuple[str, ...] = ()
) -> NotebookNode:
    text = "<Figure size 800x520 with 2 Axes>" if plot else "<IPython.core.display.Image object>"
    outputs = [
        new_output("display_data", {"image/jpeg": base64.b64encode(each).decode(), "text/plain": text})
        for each in pictures
    ]
    outputs += [new_output("stream", text=printed)] if printed else []
    return new_code_cell(id=name, outputs=outputs, metadata={"tags": list(tags)})


SAMPLE, ANSWER, LESSON = _jpeg("red"), _jpeg("green"), _jpeg("blue")
QUERY, VERIFY = _cell("frame-query"), _cell("frame-verify", printed="m: 18.9 dollars", tags=("verify",))


@pytest.mark.parametrize(
    ("cells", "chosen"),
    [
        (
            [_cell("own-sample", SAMPLE), QUERY, _cell("own-answer", ANSWER), VERIFY, _cell("own-lesson", LESSON)],
            ANSWER,
        ),
        ([QUERY, _cell("own-answer", SAMPLE, ANSWER), VERIFY], ANSWER),
        ([QUERY, _cell("own-answer", ANSWER), _cell("own-plot", LESSON, plot=True), VERIFY], ANSWER),
        ([_cell("own-sample", SAMPLE), QUERY, VERIFY, _cell("own-lesson", LESSON)], LESSON),
        ([QUERY, _cell("own-answer", ANSWER), VERIFY, _cell("own-lesson", LESSON, tags=("thumbnail",))], LESSON),
        ([QUERY, VERIFY, _cell("frame-latency", LESSON, plot=True)], b""),
    ],
)
def test_the_answers_picture_is_chosen_unless_a_tag_says_otherwise(cells: list[NotebookNode], chosen: bytes) -> None:
    assert thumbnail.choose(new_notebook(cells=cells), "m").picture == chosen


def test_without_a_picture_the_verified_answer_is_chosen_or_what_a_tagged_cell_prints() -> None:
    assert thumbnail.choose(new_notebook(cells=[QUERY, VERIFY]), "m") == Source(b"", "18.9 dollars")
    tagged = _cell("own-answer", printed="good or bad?\n", tags=("thumbnail",))
    assert thumbnail.choose(new_notebook(cells=[QUERY, tagged, VERIFY]), "m") == Source(b"", "good or bad?")


@pytest.mark.parametrize("size", [(300, 200), (2000, 60), (60, 2000)])
def test_every_thumbnail_has_one_size_and_few_bytes(size: tuple[int, int]) -> None:
    noise = Image.effect_noise(size, 90)
    file = io.BytesIO()
    noise.save(file, "PNG")
    made = thumbnail.make(Source(file.getvalue(), ""), "detection")
    assert len(made) <= thumbnail.MAX_BYTES
    assert Image.open(io.BytesIO(made)).size == thumbnail.SIZE_PX


def test_white_margins_are_cut_off() -> None:
    picture = Image.new("RGB", (400, 400), "white")
    picture.paste("black", (100, 150, 260, 254))
    file = io.BytesIO()
    picture.save(file, "PNG")
    made = Image.open(io.BytesIO(thumbnail.make(Source(file.getvalue(), ""), "x"))).convert("L")
    assert max(made.getpixel(corner) for corner in ((2, 2), (157, 101))) < 60  # type: ignore[type-var, operator]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "classification" / "m.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    shelf.write(new_notebook(cells=[QUERY, _cell("own-answer", ANSWER), VERIFY], metadata=kernel), path)
    monkeypatch.setattr(shelf, "NOTEBOOKS", tmp_path)
    return tmp_path


def test_thumbnails_are_made_once_and_stale_ones_found(models: Path) -> None:
    folder = models / "thumbnails"
    assert thumbnail.refresh(write=False, folder=folder) == ["m.jpg"]
    assert not folder.exists()
    assert thumbnail.refresh(write=True, folder=folder) == ["m.jpg"]
    assert thumbnail.refresh(write=True, folder=folder) == []
    notebook = shelf.read(models / "classification" / "m.ipynb")
    notebook.cells[1].metadata["tags"] = []
    notebook.cells[1].outputs[0]["data"]["image/jpeg"] = base64.b64encode(LESSON).decode()
    shelf.write(notebook, models / "classification" / "m.ipynb")
    assert thumbnail.refresh(write=False, folder=folder) == ["m.jpg"]


def test_a_thumbnail_without_a_notebook_is_removed(models: Path) -> None:
    folder = models / "thumbnails"
    folder.mkdir()
    (folder / "gone.jpg").write_bytes(_jpeg("red"))
    assert thumbnail.refresh(write=True, folder=folder) == ["gone.jpg", "m.jpg"]
    assert [path.name for path in folder.iterdir()] == ["m.jpg"]


@pytest.fixture
def font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any font will do here: the real one is a download."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSansMono.ttf"
    monkeypatch.setattr(data, "path", lambda _: path)


@pytest.mark.usefixtures("font")
def test_words_fill_the_card_and_long_ones_end_in_dots() -> None:
    short, long = (text_card.draw(words, "regression", (160, 104)) for words in ("18.9", "word " * 200))
    assert short.size == long.size == (160, 104)
    dark = [sum(pixel < 90 for pixel in card.convert("L").tobytes()) for card in (short, long)]
    assert min(dark) > 100


@pytest.mark.usefixtures("font")
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("one two", ["one two"]),
        ("one two three four", ["one two", "three four"]),
        ("上海浦东新区的华为公司", ["上海浦东新区的华为公", "司"]),
        ("incomprehensibility", ["incomprehe", "nsibility"]),
    ],
)
def test_lines_break_where_the_script_does(words: str, lines: list[str]) -> None:
    letters = ImageFont.truetype(data.path("any"), 20)
    found = text_card._wrap(words, letters, letters.getlength("ten letter"))
    assert [line.strip() for line in found] == lines
