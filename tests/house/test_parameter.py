"""Parameters of a batch reach the notebooks that have them, and a wrong name reaches none."""

from pathlib import Path

import pytest

from notebooks.house import parameter
from serving_kit.errors import BadInput
from tests.house.conftest import written

PARAMETERS = "requests = 100  # how many\nworkers = 1"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return written(tmp_path / "model.ipynb", PARAMETERS, "x = 1", tags=("parameters",))


@pytest.fixture
def tour(tmp_path: Path) -> Path:
    return written(tmp_path / "tour.ipynb", "x = 1")


def test_a_notebook_takes_what_its_parameters_cell_sets(model: Path, tour: Path) -> None:
    assert parameter.share([("requests", "50")], [model, tour]) == {model: {"requests": "50"}, tour: {}}


def test_the_last_value_counts(model: Path) -> None:
    assert parameter.share([("workers", "2"), ("workers", "3")], [model]) == {model: {"workers": "3"}}


@pytest.mark.parametrize(
    ("name", "hint"),
    [("REQUESTS", "did you mean 'requests'"), ("x", "they take requests, workers")],
)
def test_a_name_that_no_notebook_has_is_refused(name: str, hint: str, model: Path, tour: Path) -> None:
    with pytest.raises(BadInput, match=hint):
        parameter.share([(name, "50")], [model, tour])


def test_notebooks_without_parameters_say_so(tour: Path) -> None:
    with pytest.raises(BadInput, match="they take none"):
        parameter.share([("requests", "50")], [tour])
