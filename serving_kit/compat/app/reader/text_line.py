"""`OCRReader`: lines of text as a recogniser wants them, and its answer as text."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from serving_kit.compat.app.reader.value import standardised
from serving_kit.errors import BadInput, NotFound
from serving_kit.tasks.pixels import Planes
from serving_kit.tasks.task import Numbers
from serving_kit.tasks.text_recognition import decode

_DIGITS_AND_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HALF = (0.5, 0.5, 0.5)
# What the outputs of Paddle Serving's recognisers are called.
_INDICES, _SCORES, _PROBABILITIES = "ctc_greedy_decoder_0.tmp_0", "softmax_0.tmp_0", "save_infer_model/scale_0.tmp_1"


class OCRReader:
    """`char_type` en reads digits and small letters; every other reads the characters of `char_dict_path`."""

    def __init__(
        self,
        algorithm: str = "CRNN",  # noqa: ARG002 - part of the old signature, without effect there too
        image_shape: Sequence[int] = (3, 32, 320),
        char_type: str = "ch",
        batch_num: int = 1,
        char_dict_path: str = "./ppocr_keys_v1.txt",
    ) -> None:
        self.rec_image_shape = image_shape
        self.character_type = char_type
        self.rec_batch_num = batch_num
        self._characters = _DIGITS_AND_LETTERS if char_type == "en" else _read(char_dict_path)

    def resize_norm_img(self, img: Numbers, max_wh_ratio: float) -> Planes:
        """Return a line [H, W, 3] as float32 in -1..1, [3, 32, 32 * max_wh_ratio] for `char_type` ch.

        It has its full height, is squeezed where it is too wide, and has zeros at its right.
        """
        channels, height, width = self.rec_image_shape
        if self.character_type == "ch":
            width = int(32 * max_wh_ratio)
        needed = min(width, math.ceil(height * (img.shape[1] / img.shape[0])))
        resized = cv2.resize(img, (needed, height)).astype(np.float32).transpose(2, 0, 1) / np.float32(255)
        line = np.zeros((channels, height, width), dtype=np.float32)
        line[:, :, :needed] = standardised(resized, _HALF, _HALF, (3, 1, 1))
        return line

    def preprocess(self, img_list: Sequence[Numbers]) -> Planes:
        """Return the first line, as wide as the widest of the list needs; the old clients asked about one at a time."""
        if not img_list:
            raise BadInput("there is no line to read; give at least one image")
        widest = max(img.shape[1] / img.shape[0] for img in img_list)
        return self.resize_norm_img(img_list[0], widest)

    def postprocess(self, outputs: Mapping[str, Any], with_score: bool = False) -> list[list[Any]]:
        """Return [text], or [text, score], for each line of a model that decodes itself (PaddleOCR 1).

        Its outputs are packed sequences: indices of characters, and with `with_score` probabilities whose last class is
        the blank. A score is the mean over the steps that are no blank, nan where all are.
        """
        lines = []
        for index, (start, end) in enumerate(_spans(outputs, _INDICES)):
            numbers = np.asarray(outputs[_INDICES])[start:end, 0]
            text = "".join(self._characters[int(number)] for number in numbers if number != len(self._characters))
            lines.append([text, _mean_score(outputs, index)] if with_score else [text])
        return lines

    def postprocess_ocrv2(self, outputs: Mapping[str, Any], with_score: bool = False) -> list[tuple[str, float]]:  # noqa: ARG002
        """Return (text, score) for each line of a model that gives probabilities [N, T, C] (PaddleOCR 2).

        Class 0 is the blank, then come the characters of the file and a space. A score is the mean of its characters'.
        """
        classes = ("", *self._characters, *([] if self.character_type == "en" else [" "]))
        if _PROBABILITIES not in outputs:
            raise BadInput(f"the answer lacks {_PROBABILITIES}; it holds {sorted(outputs)}")
        read = [decode(steps, classes) for steps in np.asarray(outputs[_PROBABILITIES])]
        return [(one.text, one.score) for one in read]


def _read(path: str) -> str:
    if not Path(path).is_file():
        raise NotFound(f"no file of characters {path}; give one with a character a line as char_dict_path")
    return "".join(line.strip("\r\n") for line in Path(path).read_text(encoding="utf-8").split("\n"))


def _spans(outputs: Mapping[str, Any], name: str) -> list[tuple[int, int]]:
    if name not in outputs or f"{name}.lod" not in outputs:
        raise BadInput(f"the answer lacks {name} or its lod; it holds {sorted(outputs)}")
    offsets = [int(offset) for offset in outputs[f"{name}.lod"]]
    return list(pairwise(offsets))


def _mean_score(outputs: Mapping[str, Any], line: int) -> float:
    start, end = _spans(outputs, _SCORES)[line]
    probabilities = np.asarray(outputs[_SCORES], dtype=np.float32)[start:end]
    is_character = probabilities.argmax(axis=1) != probabilities.shape[1] - 1
    best = probabilities.max(axis=1)[is_character]
    return float(best.mean()) if best.size else float("nan")
