"""Against librosa 0.11.0's melspectrogram and filters.mel with their default settings, computed once."""

import numpy as np
import pytest

from serving_kit.tasks.mel import filters, mel_spectrogram

BANDS = [0, 5, 12, 25, 33, 39]
LIBROSA = {
    0: [0.268083, 13.4331, 0.00531312, 2.09108, 0.000855482, 0.000268613],
    3: [1.4668e-12, 41.0777, 5.89823e-10, 4.58207, 1.00683e-10, 1.09841e-11],
    6: [0.162757, 23.8635, 0.0198154, 3.22994, 0.00210398, 4.3329e-05],
}


def test_a_sound_has_the_energies_that_librosa_gives_it() -> None:
    seconds = np.arange(1000) / 16_000
    tones = ((0.5, 440.0), (0.3, 2500.0), (0.1 * 16 * seconds, 6000.0))
    sound = sum(height * np.sin(2 * np.pi * hz * seconds) for height, hz in tones)
    got = mel_spectrogram(np.asarray(sound, dtype=np.float32), 16_000, 400, 160, 40)
    assert (got.dtype, got.shape) == (np.float32, (7, 40))
    for frame, energies in LIBROSA.items():
        np.testing.assert_allclose(got[frame, BANDS], energies, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("band", "centre", "height", "area", "bins"),
    [
        (0, 2, 0.0124045, 0.024809, 3),
        (5, 11, 0.01333, 0.0257345, 3),
        (12, 24, 0.0128183, 0.0252553, 3),
        (25, 64, 0.00504056, 0.0251087, 10),
        (39, 185, 0.00172494, 0.0249788, 28),
    ],
)
def test_a_band_is_librosas(band: int, centre: int, height: float, area: float, bins: int) -> None:
    got = filters(16_000, 400, 40)[band]
    assert (int(np.argmax(got)), int((got > 0).sum())) == (centre, bins)
    np.testing.assert_allclose([got.max(), got.sum()], [height, area], rtol=1e-5)


def test_bands_that_all_lie_where_the_scale_is_linear() -> None:
    np.testing.assert_allclose(
        filters(1600, 64, 5).sum(axis=1), [0.0398437, 0.0398438, 0.0403125, 0.0398437, 0.0398438], rtol=1e-5
    )
