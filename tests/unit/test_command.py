import pytest

from serving_kit.command import exit_status
from serving_kit.errors import BadInput


def raising(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (BadInput("no model; give one"), 2, "error: no model; give one\n"),
        (PermissionError(13, "Permission denied", "x.txt"), 2, "error: a file cannot be read or written: "),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_failure_is_a_status_and_at_most_one_sentence(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(lambda: raising(error)) == status
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert told.count("\n") == bool(said)


def test_success_is_zero_and_what_nobody_foresaw_keeps_its_traceback() -> None:
    assert exit_status(lambda: None) == 0
    with pytest.raises(ZeroDivisionError):
        exit_status(lambda: raising(ZeroDivisionError()))
