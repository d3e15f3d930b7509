import shutil
from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput, ModelFileError
from serving_kit.runtime import parameters
from serving_kit.runtime.program import describe
from tests.unit.tiny_models import fluid_linear, serialized
from zoo.exporter import lac_small


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Make a linear layer's program, of 3 features and 1 output, and beside it parameters for 7 outputs."""
    program = fluid_linear(tmp_path / "weights")
    program.with_name("fc_0.w_0").write_bytes(serialized(np.ones((3, 7), np.float32)))
    program.with_name("fc_0.b_0").write_bytes(serialized(np.ones(7, np.float32)))
    return program.parent


def test_the_program_takes_the_shapes_of_the_weights(weights: Path, tmp_path: Path) -> None:
    lac_small.export(tmp_path / "model", weights, 0)
    program = tmp_path / "model" / "__model__"
    made = describe(program)
    assert made.parameters == {"fc_0.w_0": (3, 7), "fc_0.b_0": (7,)}
    assert made.inputs == describe(weights / "__model__").inputs
    parameters.check(program, None, made.parameters)


def test_weights_of_another_network_are_refused(weights: Path, tmp_path: Path) -> None:
    shutil.copy(weights / "fc_0.w_0", weights / "gru_0.w_0")
    with pytest.raises(BadInput, match=r"of two networks: \['gru_0.w_0'\]"):
        lac_small.export(tmp_path / "model", weights, 0)
    assert not (tmp_path / "model").exists()


def test_a_damaged_parameter_is_named(weights: Path, tmp_path: Path) -> None:
    (weights / "fc_0.w_0").write_bytes(b"\0\0\0")
    with pytest.raises(ModelFileError, match=r"fc_0\.w_0 holds no tensor"):
        lac_small.export(tmp_path / "model", weights, 0)


def test_there_is_nothing_to_seed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no architecture of its own"):
        lac_small.export(tmp_path / "model", None, 7)
