"""Expected likeness of a sound without its noise to the one that the noise was laid over."""

from serving_kit.tasks.sound import snr_db
from serving_kit.tasks.speech_denoising import Denoised
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("speech-denoising")
class Clearer(Expectation):
    """The sound of `data/` that the sample was before its noise, how near the answer comes to it, and what that gains.

    `snr_db` is at least to be reached, and to be `gain_db` above the sample's own.
    """

    clean: str
    snr_db: float
    gain_db: float

    def check(self, answer: Denoised) -> str:
        """Compare with the clean sound, the noisy sample too."""
        from zoo import data  # which reads cards, and cards read this

        clean = data.sample(self.clean)
        if answer.samples.shape != clean.shape:
            raise BadAnswer(f"expected {len(clean)} samples, got {answer}")
        decibels = snr_db(answer.samples, clean)
        gain_db = decibels - snr_db(answer.noisy, clean)
        got = f"SNR {decibels:.1f} dB, {gain_db:+.1f} to the noisy sound"
        if decibels < self.snr_db or gain_db < self.gain_db:
            raise BadAnswer(f"expected an SNR of {self.snr_db} dB or more, {self.gain_db} above the noisy; got {got}")
        return f"{got} (expected at least {self.snr_db:g} and {self.gain_db:+g})"
