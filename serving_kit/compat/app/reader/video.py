"""Video transforms of PP-TSN: decoding, and which frames are looked at; each takes and gives one dict."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from serving_kit.compat.app.reader.frame import Image2Array, Normalization, Scale, TenCrop
from serving_kit.errors import BadInput, NotFound, Unsupported

__all__ = ["Image2Array", "Normalization", "Sampler", "Scale", "TenCrop", "VideoDecoder"]

_DENSE_FRAMES = 64  # the stretch of a video that dense sampling looks at
_DENSE_STARTS = 10

Offsets = NDArray[np.int64]


class VideoDecoder:
    """A video file becomes its frames; OpenCV is the one backend here, the other arguments belong to others."""

    def __init__(  # noqa: PLR0917 - the old signature
        self,
        backend: str = "cv2",
        mode: str = "train",  # noqa: ARG002 - part of the old signature
        sampling_rate: int = 32,  # noqa: ARG002 - part of the old signature
        num_seg: int = 8,  # noqa: ARG002 - part of the old signature
        num_clips: int = 1,  # noqa: ARG002 - part of the old signature
        target_fps: int = 30,  # noqa: ARG002 - part of the old signature
    ) -> None:
        if backend != "cv2":
            raise Unsupported(f"backend {backend!r} decodes no video here; use cv2")
        self.backend = backend

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add `frames`, RGB uint8 [H, W, 3] each, and `frames_len` to a dict with the `filename` of a video."""
        name = str(results["filename"])
        if "://" not in name and not Path(name).is_file():
            raise NotFound(f"no video file {name}")
        frames = _frames(name)
        if not frames:
            raise BadInput(f"{name} is no video that OpenCV reads; give an MP4 or AVI file")
        results |= {"format": "video", "backend": self.backend, "frames": frames, "frames_len": len(frames)}
        return results


def _frames(name: str) -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(name)
    frames: list[NDArray[np.uint8]] = []
    try:
        while True:
            found, frame = capture.read()
            if not found:
                return frames
            frames.append(frame[:, :, ::-1].astype(np.uint8, copy=False))
    finally:
        capture.release()


class Sampler:
    """Chooses `num_seg` times `seg_len` frames, in the middle of each segment with `valid_mode`, else at random.

    `frame_interval` spreads a segment's frames, `linspace_sample` spreads them over the whole video, `select_left` with
    `dense_sample` looks at 64 frames only. What is chosen is added as `imgs`, Pillow images, to the decoder's dict or
    to one with `format` frame, `frame_dir` and `suffix` of numbered image files.
    """

    def __init__(  # noqa: PLR0917 - the old signature
        self,
        num_seg: int,
        seg_len: int,
        frame_interval: int | None = None,
        valid_mode: bool = False,
        select_left: bool = False,
        dense_sample: bool = False,
        linspace_sample: bool = False,
        use_pil: bool = True,  # noqa: ARG002 - part of the old signature
        seed: int | None = None,
    ) -> None:
        self.num_seg = num_seg
        self.seg_len = seg_len
        self.frame_interval = frame_interval
        self.valid_mode = valid_mode
        self.select_left = select_left
        self.dense_sample = dense_sample
        self.linspace_sample = linspace_sample
        self._random = np.random.default_rng(seed)

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add `imgs`; BadInput for a dict of another format."""
        indices = self.indices(int(results["frames_len"]), results.get("start_idx"), results.get("end_idx"))
        results["imgs"] = _pictures(results, indices)
        return results

    def indices(self, count: int, start: float | None = None, end: float | None = None) -> list[int]:
        """Return which of `count` frames are chosen, from 0; `linspace_sample` looks at `start` to `end`."""
        if count < 1:
            raise BadInput("the video has no frames; give another")
        if self.frame_interval is not None:
            found = self._spread(count, self.frame_interval)
        elif self.linspace_sample:
            first, last = (0.0, count - 1.0) if start is None or end is None else (start, end)
            found = np.clip(np.linspace(first, last, self.num_seg), 0, count - 1).astype(np.int64)
        elif not self.select_left:
            found = self._dense(count) if self.dense_sample else self._segments(count)
        else:
            found = self._left(count)
        return [int(index) % count for index in found]

    def _spread(self, count: int, interval: int) -> Offsets:
        room = count - self.seg_len * interval + 1
        places = np.arange(self.num_seg)
        if self.valid_mode:
            starts = _middles(places, room / self.num_seg) if room > 0 else 0 * places
        elif room >= self.num_seg:
            starts = places * (room // self.num_seg) + self._random.integers(room // self.num_seg, size=self.num_seg)
        elif room > 0 and count > max(self.num_seg, self.seg_len * interval):
            starts = np.sort(self._random.integers(room, size=self.num_seg))
        elif room > 0:
            starts = np.around(places * (room / self.num_seg)).astype(np.int64)
        else:
            starts = 0 * places
        return (starts[:, None] + np.arange(self.seg_len) * interval).ravel()

    def _dense(self, count: int) -> Offsets:
        room, step = max(1, 1 + count - _DENSE_FRAMES), _DENSE_FRAMES // self.num_seg
        if self.valid_mode:
            starts = np.linspace(0, room - 1, num=_DENSE_STARTS, dtype=np.int64)
        else:
            starts = np.array([0 if room == 1 else self._random.integers(room - 1)])
        return (starts[:, None] + np.arange(self.num_seg) * step).ravel()

    def _segments(self, count: int) -> Offsets:
        length = count // self.num_seg
        found: list[int] = []
        for segment in range(self.num_seg):
            first = segment * length if length else segment
            if length >= self.seg_len:
                first += (length - 1) // 2 if self.valid_mode else int(self._random.integers(length - self.seg_len + 1))
            found += list(range(first, first + self.seg_len))
        return np.array(found)

    def _left(self, count: int) -> Offsets:
        places = np.arange(self.num_seg)
        if self.valid_mode:
            return _middles(places, count / self.num_seg) if count > self.num_seg else 0 * places
        if count >= self.num_seg:
            return places * (count // self.num_seg) + self._random.integers(count // self.num_seg, size=self.num_seg)
        return 0 * places


def _middles(places: Offsets, length: float) -> Offsets:
    return (places * length + length / 2).astype(np.int64)


def _pictures(results: dict[str, Any], indices: Sequence[int]) -> list[Pillow.Image]:
    if results.get("format") == "video":
        return [Pillow.fromarray(results["frames"][index]) for index in indices]
    if results.get("format") != "frame":
        raise BadInput(f"format {results.get('format')!r} cannot be sampled; give video or frame")
    folder, pattern = Path(results["frame_dir"]), str(results["suffix"])
    return [Pillow.open(folder / pattern.format(index + 1)).convert("RGB") for index in indices]
