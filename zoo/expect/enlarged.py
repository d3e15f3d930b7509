"""Expected likeness of an enlarged picture to the one that it once was."""

from serving_kit.tasks.fidelity import psnr_db, ssim
from serving_kit.tasks.super_resolution import Enlarged
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("super-resolution")
class Likeness(Expectation):
    """The picture of `data/` that the sample was made small of, how near the answer comes to it, and bicubic's lag.

    `psnr_db` and `ssim` must be reached at least, and be `gain_db` and `gain_ssim` above plain bicubic enlargement.
    """

    original: str
    psnr_db: float
    ssim: float
    gain_db: float
    gain_ssim: float

    def check(self, answer: Enlarged) -> str:
        """Compare with the original, and bicubic enlargement of the same sample too."""
        from zoo import data  # which reads cards, and cards read this

        original = data.sample(self.original)
        if answer.image.shape != original.shape:
            raise BadAnswer(f"expected a picture of {list(original.shape)}, got {answer}")
        decibels, likeness = psnr_db(answer.image, original), ssim(answer.image, original)
        gain_db = decibels - psnr_db(answer.bicubic, original)
        gain_ssim = likeness - ssim(answer.bicubic, original)
        got = f"PSNR {decibels:.2f} dB, {gain_db:+.2f} to bicubic; SSIM {likeness:.4f}, {gain_ssim:+.4f} to bicubic"
        wanted = (self.psnr_db, self.ssim, self.gain_db, self.gain_ssim)
        found = (decibels, likeness, gain_db, gain_ssim)
        if any(value < least for value, least in zip(found, wanted, strict=True)):
            raise BadAnswer(
                f"expected a PSNR of {self.psnr_db} dB or more, {self.gain_db} above bicubic, and an SSIM of "
                f"{self.ssim}, {self.gain_ssim} above bicubic; got {got}"
            )
        return got
