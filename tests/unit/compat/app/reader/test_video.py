from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from serving_kit.compat.app.reader import Image2Array, Normalization, Sampler, Scale, TenCrop, VideoDecoder
from serving_kit.errors import BadInput, NotFound, Unsupported


def video(count: int) -> dict[str, Any]:
    frames = [np.full((4, 6, 3), number, dtype=np.uint8) for number in range(count)]
    return {"frames": frames, "frames_len": count, "format": "video", "backend": "cv2"}


def numbers(results: dict[str, Any]) -> list[int]:
    return [int(np.asarray(image)[0, 0, 0]) for image in results["imgs"]]


def test_a_file_becomes_rgb_frames(tmp_path: Path) -> None:
    path = str(tmp_path / "film.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (32, 16))
    for _ in range(3):
        writer.write(np.full((16, 32, 3), (255, 0, 0), dtype=np.uint8))
    writer.release()
    results = VideoDecoder()({"filename": path})
    assert (results["format"], results["backend"], results["frames_len"]) == ("video", "cv2", 3)
    red, _, blue = results["frames"][0][8, 16].tolist()
    assert red < 30
    assert blue > 200


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.avi").write_text("no video", encoding="utf-8")
    with pytest.raises(BadInput, match=r"text\.avi is no video that OpenCV reads"):
        VideoDecoder()({"filename": str(tmp_path / "text.avi")})
    with pytest.raises(NotFound, match=r"no video file nowhere\.mp4"):
        VideoDecoder()({"filename": "nowhere.mp4"})
    with pytest.raises(Unsupported, match="use cv2"):
        VideoDecoder(backend="decord")


@pytest.mark.parametrize(
    ("settings", "count", "chosen"),
    [
        ({"num_seg": 3, "seg_len": 1}, 12, [1, 5, 9]),  # segments of 4: their place (4 - 1) // 2
        ({"num_seg": 2, "seg_len": 2}, 12, [2, 3, 8, 9]),
        ({"num_seg": 3, "seg_len": 1, "select_left": True}, 12, [2, 6, 10]),
        ({"num_seg": 3, "seg_len": 1, "select_left": True}, 2, [0, 0, 0]),
        ({"num_seg": 4, "seg_len": 1}, 2, [0, 1, 0, 1]),  # fewer frames than segments
        ({"num_seg": 2, "seg_len": 2, "frame_interval": 3}, 12, [1, 4, 5, 8]),  # room for 7 starts: 3.5 each
        ({"num_seg": 2, "seg_len": 2, "frame_interval": 9}, 6, [0, 3, 0, 3]),
        ({"num_seg": 3, "seg_len": 1, "linspace_sample": True}, 11, [0, 5, 10]),
        ({"num_seg": 2, "seg_len": 1, "dense_sample": True}, 64, [0, 32] * 10),
    ],
)
def test_the_middle_of_each_segment_is_chosen(settings: dict[str, Any], count: int, chosen: list[int]) -> None:
    assert numbers(Sampler(valid_mode=True, **settings)(video(count))) == chosen


@pytest.mark.parametrize(
    ("settings", "count", "bounds"),
    [
        ({"num_seg": 3, "seg_len": 1}, 12, [(0, 3), (4, 7), (8, 11)]),
        ({"num_seg": 3, "seg_len": 1, "select_left": True}, 12, [(0, 3), (4, 7), (8, 11)]),
        ({"num_seg": 2, "seg_len": 1, "frame_interval": 2}, 13, [(0, 5), (6, 11)]),
        ({"num_seg": 4, "seg_len": 2, "frame_interval": 3}, 8, [(0, 6)] * 8),
        ({"num_seg": 4, "seg_len": 1, "frame_interval": 2}, 4, [(0, 3)] * 4),
        ({"num_seg": 4, "seg_len": 2, "frame_interval": 3}, 6, [(n, n) for n in (0, 3, 0, 3, 0, 3, 1, 4)]),
        ({"num_seg": 2, "seg_len": 1, "dense_sample": True}, 64, [(0, 0), (32, 32)]),
        ({"num_seg": 2, "seg_len": 1, "dense_sample": True}, 70, [(0, 5), (32, 37)]),
        ({"num_seg": 3, "seg_len": 1, "select_left": True}, 2, [(0, 0)] * 3),
    ],
)
def test_training_chooses_at_random_within_each_segment(
    settings: dict[str, Any], count: int, bounds: list[tuple[int, int]]
) -> None:
    for seed in range(20):
        chosen = numbers(Sampler(**settings, seed=seed)(video(count)))
        assert len(chosen) == len(bounds)
        assert all(low <= number <= high for number, (low, high) in zip(chosen, bounds, strict=True))


def test_a_stretch_and_numbered_files_may_be_sampled(tmp_path: Path) -> None:
    sampler = Sampler(3, 1, linspace_sample=True)
    assert numbers(sampler(video(11) | {"start_idx": 2, "end_idx": 6})) == [2, 4, 6]
    for number in range(1, 4):
        Pillow.new("L", (2, 2), number).save(tmp_path / f"img_{number:03}.png")
    files = {"format": "frame", "frame_dir": str(tmp_path), "suffix": "img_{:03}.png", "frames_len": 3}
    assert numbers(Sampler(3, 1, valid_mode=True)(files)) == [1, 2, 3]


def test_what_cannot_be_sampled_is_named() -> None:
    with pytest.raises(BadInput, match="format 'MRI' cannot be sampled"):
        Sampler(1, 1, valid_mode=True)({"format": "MRI", "frames_len": 3})
    with pytest.raises(BadInput, match="the video has no frames"):
        Sampler(1, 1)(video(0))


@pytest.mark.parametrize(
    ("arguments", "size", "scaled"),
    [
        ((12,), (20, 40), (12, 16)),  # four thirds, whatever it was
        ((12,), (40, 20), (16, 12)),
        ((12, False), (40, 20), (12, 12)),
        ((10, False, True, True), (20, 45), (10, 23)),
        ((10, False, True, True), (45, 20), (23, 10)),
        ((10, False, True), (20, 40), (5, 20)),  # each side by the other's factor
    ],
)
def test_frames_are_scaled_by_their_short_side(
    arguments: tuple[Any, ...], size: tuple[int, int], scaled: tuple[int, int]
) -> None:
    assert Scale(*arguments)({"imgs": [Pillow.new("RGB", size)]})["imgs"][0].size == scaled


def test_opencv_scales_arrays_and_images() -> None:
    frame = np.zeros((20, 40, 3), dtype=np.uint8)
    (array,) = Scale(10, False, True, True, backend="cv2")({"imgs": [frame]})["imgs"]
    assert array.shape == (10, 20, 3)
    (image,) = Scale(12, backend="cv2")({"imgs": [Pillow.fromarray(frame)]})["imgs"]
    assert image.size == (16, 12)
    assert Scale(12)({"imgs": [frame]})["imgs"][0].size == (16, 12)


def test_settings_of_scale_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(BadInput, match="exclude each other"):
        Scale(10, True, True)
    with pytest.raises(BadInput, match="backend 'paddle'"):
        Scale(10, backend="paddle")


def test_ten_crops_are_corners_and_middle_plain_and_mirrored() -> None:
    columns = np.arange(12, dtype=np.uint8)[None, :, None] + np.zeros((8, 1, 3), dtype=np.uint8)
    crops = TenCrop(4)({"imgs": [Pillow.fromarray(columns)]})["imgs"]
    assert [np.asarray(crop)[0, :, 0].tolist() for crop in crops[:4]] == [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [8, 9, 10, 11],
        [11, 10, 9, 8],
    ]
    assert np.asarray(crops[8])[0, :, 0].tolist() == [4, 5, 6, 7]
    assert len(crops) == 10
    with pytest.raises(BadInput, match="12 x 8 pixels have no crop of 9"):
        TenCrop(9)({"imgs": [Pillow.fromarray(columns)]})


def test_images_become_one_normalised_array() -> None:
    images = [Pillow.new("RGB", (3, 2), (255, 0, 51)), Pillow.new("RGB", (3, 2))]
    results = Image2Array()({"imgs": images})
    assert (results["imgs"].shape, results["imgs"].dtype) == ((2, 3, 2, 3), np.float32)
    normalised = Normalization([0.5, 0.5, 0.2], [0.5, 0.5, 0.1])(results)["imgs"]
    assert normalised[0, :, 0, 0].tolist() == pytest.approx([1, -1, 0], abs=1e-6)
    assert Image2Array(data_format="cthw")({"imgs": images})["imgs"].shape == (3, 2, 2, 3)
    assert Image2Array(transpose=False)({"imgs": images})["imgs"].shape == (2, 2, 3, 3)


def test_arrays_may_be_normalised_in_their_own_scale() -> None:
    frames = [np.full((2, 2, 3), 10, dtype=np.uint8)]
    found = Normalization([4.0, 5.0, 6.0], [2.0, 1.0, 4.0], inplace=True)({"imgs": frames})["imgs"]
    assert found[0, 0, 0].tolist() == [3, 5, 1]
    with pytest.raises(TypeError, match="mean must be a list or a tuple"):
        Normalization(np.zeros(3), [1, 1, 1])
    with pytest.raises(BadInput, match="data_format 'thwc' is unknown"):
        Image2Array(data_format="thwc")
