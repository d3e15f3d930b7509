"""Expected stretches of speech."""

from collections.abc import Sequence

from serving_kit.tasks.voice_activity import Speech
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("voice-activity")
class Stretches(Expectation):
    """Stretches of speech as (start, end) in seconds, each within `tolerance_s` at both ends, and no other."""

    stretches: tuple[tuple[float, float], ...]
    tolerance_s: float

    def check(self, answer: Sequence[Speech]) -> str:
        """Compare end by end."""
        got = [(speech.start_s, speech.end_s) for speech in answer]
        apart = [abs(a - b) for pair in zip(got, self.stretches, strict=False) for a, b in zip(*pair, strict=True)]
        if len(got) != len(self.stretches) or max(apart, default=0.0) > self.tolerance_s:
            wanted = [list(stretch) for stretch in self.stretches]
            raise BadAnswer(f"expected {wanted} within {self.tolerance_s} s, got {list(answer)}")
        return f"{len(got)} stretches, at most {max(apart, default=0.0):.2f} s off (expected {self.tolerance_s} s)"
