"""Expected changes of shots."""

from collections.abc import Sequence

from serving_kit.tasks.shot_detection import Change
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("shot-detection")
class Changes(Expectation):
    """Changes as (last frame before, first frame behind), and no other.

    A cut, whose two frames follow each other, must be met exactly; both ends of any other within `tolerance_frames`.
    """

    changes: tuple[tuple[int, int], ...]
    tolerance_frames: int = 0

    def check(self, answer: Sequence[Change]) -> str:
        """Compare change by change."""
        apart = [
            max(abs(found.before - before), abs(found.after - after))
            for found, (before, after) in zip(answer, self.changes, strict=False)
        ]
        allowed = [0 if after == before + 1 else self.tolerance_frames for before, after in self.changes]
        if len(answer) != len(self.changes) or any(off > most for off, most in zip(apart, allowed, strict=True)):
            wanted = [list(change) for change in self.changes]
            raise BadAnswer(f"expected {wanted}, gradual ones within {self.tolerance_frames}, got {list(answer)}")
        cuts = sum(change.is_cut for change in answer)
        others = f"; {len(answer) - cuts} gradual, at most {max(apart)} frames off" if cuts < len(answer) else ""
        return f"{cuts} cuts at the right frames{others}"
