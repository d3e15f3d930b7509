"""Text in photos as a pipeline: decoded, lines found, lines read.

`python -m benchmarks.dag.reading_service FINDER READER CONFIG`
"""

import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.dag.reading import Finder, Reader
from serving_kit.codecs.image import decode
from serving_kit.pipeline import Op, WebService

NAME = "ocr"
Values = Mapping[str, Mapping[str, Any]]


class Decode(Op):
    """From a file in base64 to an image."""

    def preprocess(
        self, input_dicts: Values, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], bool, int | None, str]:
        """Return the image."""
        (values,) = input_dicts.values()
        return {"photo": decode(base64.b64decode(values["image"]))}, True, None, ""


class Find(Op):
    """From an image to the lines of text in it."""

    finder: Finder

    def preprocess(
        self, input_dicts: Values, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], bool, int | None, str]:
        """Return what the finder takes."""
        return dict(self.finder.feed(input_dicts["decode"]["photo"])), False, None, ""

    def postprocess(
        self, input_data: Values, fetch_data: Any, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], int | None, str]:
        """Cut the lines out."""
        return {"lines": self.finder.lines(fetch_data, input_data["decode"]["photo"])}, None, ""


class Read(Op):
    """From lines of text to their text."""

    reader: Reader

    def preprocess(
        self, input_dicts: Values, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], bool, int | None, str]:
        """Return what the reader takes."""
        return dict(self.reader.feed(input_dicts["find"]["lines"])), False, None, ""

    def postprocess(
        self, input_data: Values, fetch_data: Any, data_id: int = 0, log_id: int = 0
    ) -> tuple[dict[str, Any], int | None, str]:
        """Return the text."""
        return {"text": self.reader.text(fetch_data)}, None, ""


class Ocr(WebService):
    """The three ops, one after the other."""

    def __init__(self, finder: Path, reader: Path) -> None:
        super().__init__(NAME)
        self._finder, self._reader = finder, reader

    def get_pipeline_response(self, read_op: Op) -> Op:
        """Return the last op."""
        find = Find(name="find", input_ops=[Decode(name="decode", input_ops=[read_op])])
        find.finder = Finder(self._finder)
        read = Read(name="read", input_ops=[find])
        read.reader = Reader(self._reader)
        return read


def main(finder: Path, reader: Path, config: str) -> None:
    """Serve until a signal asks to stop."""
    service = Ocr(finder, reader)
    service.prepare_pipeline_config(config)
    service.run_service()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
