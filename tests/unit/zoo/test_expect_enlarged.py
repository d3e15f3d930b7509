import cv2
import numpy as np
import pytest

from serving_kit.tasks.super_resolution import Enlarged
from zoo import data, expect

ORIGINAL = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8), (0, 0), 1)
SMALL = ORIGINAL[::2, ::2].copy()


def expected(**changes):
    values = {"original": "a-photo", "psnr_db": 30, "ssim": 0.9, "gain_db": 1, "gain_ssim": 0.01} | changes
    return expect.read("super-resolution", values)


@pytest.fixture(autouse=True)
def photo(monkeypatch):
    monkeypatch.setattr(data, "sample", {"a-photo": ORIGINAL}.__getitem__)


def test_a_picture_near_its_original_is_right():
    near = np.clip(ORIGINAL.astype(int) + 2, 0, 255).astype(np.uint8)
    evidence = expected().check(Enlarged(near, SMALL))
    assert evidence.startswith("PSNR 42.") and "to bicubic; SSIM 0.99" in evidence


@pytest.mark.parametrize("changes", [{"psnr_db": 50}, {"ssim": 0.9999}, {"gain_db": 40}, {"gain_ssim": 0.9}])
def test_each_of_the_four_numbers_must_be_reached(changes):
    near = np.clip(ORIGINAL.astype(int) + 2, 0, 255).astype(np.uint8)
    with pytest.raises(expect.BadAnswer, match="expected a PSNR of"):
        expected(**changes).check(Enlarged(near, SMALL))


def test_bicubic_enlargement_gains_nothing():
    plain = Enlarged(ORIGINAL, SMALL).bicubic
    with pytest.raises(expect.BadAnswer, match=r"\+0.00 to bicubic"):
        expected(psnr_db=0, ssim=0, gain_db=0.01).check(Enlarged(plain, SMALL))


def test_a_picture_of_another_size_is_a_bad_answer():
    with pytest.raises(expect.BadAnswer, match=r"expected a picture of \[48, 64, 3\], got Enlarged\(32x24 to 32x24\)"):
        expected().check(Enlarged(SMALL, SMALL))
