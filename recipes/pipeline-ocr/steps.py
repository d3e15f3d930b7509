"""What stands between the three models: a step's parameters are values by name, or a step's name for all it gave."""

import base64
from pathlib import Path

import numpy as np

from serving_kit import tasks
from serving_kit.codecs.image import decode
from serving_kit.errors import BadInput
from serving_kit.tasks.text_orientation import upright

HERE = Path(__file__).parent
FINDER, ORIENTER, READER = (tasks.load(HERE / name) for name in ("finder", "orienter", "reader"))
NONE = tasks.Prepared({"x": np.zeros([0, 3, 48, 192], np.float32)}, context=0)  # no lines; then no model is asked


def look(image):
    """Take a picture's file, as it is or in base64."""
    try:
        photo = decode(image if isinstance(image, bytes) else base64.b64decode(image))
    except (TypeError, ValueError):
        raise BadInput("image must be the file of a picture, as bytes or in base64") from None
    page = FINDER.preprocess(photo)
    return {"x": page.feeds["x"], "page": page, "photo": photo}


def cut(finder, page, photo):
    """Cut the lines out of the picture."""
    boxes = FINDER.postprocess(finder, page)
    lines = [tasks.crop(photo, box.polygon) for box in boxes]
    batch = ORIENTER.preprocess(lines) if lines else NONE
    return {"x": batch.feeds["x"], "batch": batch, "boxes": boxes, "lines": lines}


def turn(orienter, batch, boxes, lines):
    """Turn the lines that stand upside down."""
    angles = ORIENTER.postprocess(orienter, batch)
    lines = [upright(line, angle) for line, angle in zip(lines, angles, strict=True)]
    batch = READER.preprocess(lines) if lines else NONE
    return {"x": batch.feeds["x"], "batch": batch, "boxes": boxes, "angles": angles}


def answer(reader, batch, boxes, angles):
    """Tell of each line what it says, how sure that is, where it stands and by how much it was turned."""
    texts = READER.postprocess(reader, batch)
    return {
        "text": [text.text for text in texts],
        "score": [text.score for text in texts],
        "polygon": [box.polygon for box in boxes],
        "turned": [int(angle.label) for angle in angles],
    }
