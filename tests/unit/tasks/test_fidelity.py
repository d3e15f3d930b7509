import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.fidelity import psnr_db, ssim

NOISE = np.random.default_rng(0).integers(40, 200, (32, 40, 3), dtype=np.uint8)


def test_equal_pictures_are_as_near_as_can_be() -> None:
    assert ssim(NOISE, NOISE) == pytest.approx(1)
    assert psnr_db(NOISE, NOISE) > 300


def test_an_error_of_one_in_every_pixel_is_48_decibels() -> None:
    assert psnr_db(NOISE, NOISE + 1) == pytest.approx(20 * np.log10(255))


def test_light_alone_costs_little_structure_all() -> None:
    brighter = NOISE + 20
    turned = NOISE[::-1].copy()
    assert ssim(NOISE, brighter) > 0.95
    assert abs(ssim(NOISE, turned)) < 0.2
    assert ssim(NOISE, turned) == pytest.approx(ssim(turned, NOISE))


def test_constant_pictures_differ_by_their_light_alone() -> None:
    dark, bright = np.full((12, 12, 3), 50, np.uint8), np.full((12, 12, 3), 200, np.uint8)
    steady = (0.01 * 255) ** 2
    assert ssim(dark, bright) == pytest.approx((2 * 50 * 200 + steady) / (50**2 + 200**2 + steady))


def test_pictures_of_two_sizes_cannot_be_compared() -> None:
    for measure in (psnr_db, ssim):
        with pytest.raises(BadInput, match=r"\[32, 40, 3\] and \[32, 39, 3\]; compare two of one size"):
            measure(NOISE, NOISE[:, 1:])


def test_a_picture_needs_room_for_a_window() -> None:
    with pytest.raises(BadInput, match="windows of 11 px"):
        ssim(NOISE[:8], NOISE[:8])
