"""From a detector's rows [class, score, left, top, right, bottom] to boxes in a file and on the image."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.codecs import image
from serving_kit.errors import BadInput, NotFound
from serving_kit.tasks.answer import Region
from serving_kit.tasks.drawing import draw
from serving_kit.tasks.task import Numbers

_LEAST_SCORE = 0.5  # of a box that is drawn

Box = dict[str, Any]


class RCNNPostprocess:
    """Reads boxes in pixels of the image that the model saw.

    `label_file` holds one label a line. `resize_shape` (width, height) is the size that image had; without it boxes are
    drawn as they are.
    """

    def __init__(self, label_file: str, output_dir: str, resize_shape: Sequence[int] | None = None) -> None:
        if not Path(label_file).is_file():
            raise NotFound(f"no label file {label_file}; give one with a label a line")
        self.label_file = label_file
        self.output_dir = output_dir
        self.resize_shape = resize_shape
        self.label_list = [line.strip() for line in Path(label_file).read_text(encoding="utf-8").splitlines()]

    def __call__(self, image_with_bbox: Mapping[str, Any], visualize: bool = True) -> list[Box]:
        """Return `{category_id, bbox: [left, top, width, height], score}` for every row, of whatever score.

        `image_with_bbox` is what `predict` returned and, as `image`, the path of the image. With `visualize` the boxes
        are written to `bbox.json` in the output folder, and those of score 0.5 and more drawn onto a copy there.
        """
        name = [key for key in image_with_bbox if key not in ("image", "im_shape") and not key.endswith(".lod")]
        if not name:
            raise BadInput("the answer holds no boxes; ask the server for the detector's output")
        rows = np.asarray(image_with_bbox[name[-1]])
        boxes = [self._box(row, image_with_bbox) for row in rows] if rows.ndim == 2 and rows.shape[1] == 6 else []
        if visualize:
            folder = Path(self.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "bbox.json").write_text(json.dumps(boxes, indent=4), encoding="utf-8")
            self._draw(Path(image_with_bbox["image"]), boxes, folder)
        return boxes

    def _box(self, row: Numbers, answer: Mapping[str, Any]) -> Box:
        number, score, left, top, right, bottom = row.tolist()
        if not 0 <= int(number) < len(self.label_list):
            raise BadInput(
                f"the model answers class {int(number)}, but {self.label_file} has {len(self.label_list)} lines"
            )
        corners = self._corners((left, top, right, bottom), answer)
        return {"category_id": int(number), "bbox": corners, "score": score}

    def _corners(self, sides: tuple[float, float, float, float], answer: Mapping[str, Any]) -> list[float]:  # noqa: ARG002
        left, top, right, bottom = sides
        return [left, top, right - left + 1, bottom - top + 1]

    def _draw(self, path: Path, boxes: Sequence[Box], folder: Path) -> None:
        picture = image.read(path)
        regions = list(self._regions(boxes, (picture.shape[1], picture.shape[0])))
        kind = path.suffix.lower().removeprefix(".") or "png"
        (folder / path.name).write_bytes(image.encode(draw(picture, regions), kind, quality=95))

    def _regions(self, boxes: Sequence[Box], size: tuple[int, int]) -> Iterator[Region]:
        seen = self.resize_shape or size
        scale_x, scale_y = size[0] / seen[0], size[1] / seen[1]
        for box in boxes:
            if box["score"] >= _LEAST_SCORE:
                left, top, width, height = box["bbox"]
                corners = left * scale_x, top * scale_y, (left + width) * scale_x, (top + height) * scale_y
                yield Region(self.label_list[box["category_id"]], box["score"], corners)


class BlazeFacePostprocess(RCNNPostprocess):
    """Reads boxes whose sides are fractions of the image; `im_shape` of the answer is its (height, width)."""

    def _corners(self, sides: tuple[float, float, float, float], answer: Mapping[str, Any]) -> list[float]:
        if "im_shape" not in answer:
            raise BadInput("the answer holds no im_shape; add the image's height and width to it")
        height, width = (int(side) for side in np.asarray(answer["im_shape"]).ravel()[:2])
        left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in sides)
        return [left * width, top * height, (right - left) * width, (bottom - top) * height]
