"""PaddleX's serving, which this comparison has no question for."""

from benchmarks.peer.peer import Peer

_REASON = (
    "PaddleX 3.7.2 serves its own pipelines: that for classification takes an encoded picture as base64 or URL and "
    "answers labels and scores, none takes a tensor, so that it cannot be asked what the others are asked"
)

PADDLEX = Peer(
    name="paddlex",
    title="PaddleX serving",
    settings="not run",
    command=lambda _: (),
    questions=lambda _: {},
    missing=lambda _: _REASON,
)
