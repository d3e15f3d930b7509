"""Films as frames: read from whatever file OpenCV's FFmpeg opens, written without loss."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput

Frames = NDArray[np.uint8]

MOST_BYTES = 1 << 30
_LOSSLESS = "FFV1"


def read(path: str | Path, *, size: tuple[int, int] | None = None, most_bytes: int = MOST_BYTES) -> Frames:
    """Return a film's frames as RGB, uint8 [T, H, W, 3], each resized to `size` (width, height) where it is given.

    BadInput where the file is no film or its frames together take more than `most_bytes`.
    """
    film, frames, taken = cv2.VideoCapture(str(path)), [], 0
    try:
        while film.grab():
            picture = film.retrieve()[1]
            if size:
                picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            taken += picture.nbytes
            if taken > most_bytes:
                raise BadInput(f"{path} has more than {most_bytes} bytes of frames; give a size, or cut the film up")
            frames.append(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    finally:
        film.release()
    if not frames:
        raise BadInput(f"{path} has no frame that can be read; give a film that FFmpeg opens")
    return np.asarray(np.stack(frames), dtype=np.uint8)


def write(path: str | Path, frames: Frames, frames_per_s: float) -> None:
    """Write RGB frames, uint8 [T, H, W, 3], to a `.avi` file that gives every one of them back to the bit."""
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.size:
        raise BadInput(f"the frames are {frames.dtype} {list(frames.shape)}; give RGB as uint8 [T, H, W, 3]")
    size = (frames.shape[2], frames.shape[1])
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*_LOSSLESS), frames_per_s, size)
    if not film.isOpened():
        raise BadInput(f"{path} cannot be written; give a name that ends in .avi, in a folder that is there")
    try:
        for frame in frames:
            film.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    finally:
        film.release()
