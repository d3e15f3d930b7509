import pytest

from serving_kit.codecs.pipeline_code import ErrNo, PipelineError
from serving_kit.errors import Kind


@pytest.mark.parametrize(
    ("err_no", "kind"),
    [
        (51, Kind.BAD_INPUT),
        (99, Kind.BAD_INPUT),
        (ErrNo.CLOSED_ERROR, Kind.UNAVAILABLE),
        (ErrNo.NO_SERVICE, Kind.NOT_FOUND),
        (ErrNo.INPUT_PARAMS_ERROR, Kind.BAD_INPUT),
        (ErrNo.TIMEOUT, Kind.DEADLINE),
        (ErrNo.CLIENT_ERROR, Kind.INTERNAL),
        (4711, Kind.INTERNAL),
    ],
)
def test_a_number_says_what_kind_of_error_it_is(err_no: int, kind: Kind) -> None:
    error = PipelineError(err_no, "words")
    assert (error.err_no, error.kind, str(error)) == (err_no, kind, "words")
