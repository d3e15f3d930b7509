"""Expected notes."""

from collections.abc import Sequence

from pydantic import Field

from serving_kit.tasks.music_transcription import Note
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("music-transcription")
class Notes(Expectation):
    """Notes as (MIDI number, start in seconds), each found once within `tolerance_s` of its start, and no other."""

    notes: tuple[tuple[int, float], ...] = Field(min_length=1)
    tolerance_s: float

    def check(self, answer: Sequence[Note]) -> str:
        """Compare note by note, those of one pitch in the order they begin."""
        wanted = sorted(self.notes)
        got = sorted((note.pitch, note.start_s) for note in answer)
        apart = max((abs(a - b) for (_, a), (_, b) in zip(wanted, got, strict=False)), default=0.0)
        if [pitch for pitch, _ in wanted] != [pitch for pitch, _ in got] or apart > self.tolerance_s:
            raise BadAnswer(
                f"expected {len(wanted)} notes, {wanted}, within {self.tolerance_s} s, got {len(got)}, {list(answer)}"
            )
        return f"{len(got)} notes, at most {apart:.3f} s off (expected {self.tolerance_s} s)"
