from dataclasses import replace
from pathlib import Path

from benchmarks.peer.peer import Job
from benchmarks.peer.triton import PYTHON, configuration
from tests.unit.benchmarks.peer.made import MADE


def test_the_configuration_has_shapes_without_the_batch_axis_and_merges_only_where_it_pays() -> None:
    text = configuration(MADE, "python")
    assert 'name: "x" data_type: TYPE_FP32 dims: [2]' in text
    assert 'name: "y" data_type: TYPE_FP32 dims: [1]' in text
    assert "max_batch_size: 4\ndynamic_batching" in text
    assert "dynamic_batching" not in configuration(replace(MADE, model=replace(MADE.model, batch=1)), "python")


def test_the_command_lays_out_a_repository_and_the_backend(tmp_path: Path) -> None:
    onnx = tmp_path / "model.onnx"
    onnx.write_bytes(b"model")
    words = PYTHON.command(Job(replace(MADE, onnx=onnx), 9, tmp_path, Path("bin", "python")))
    version = tmp_path / "models" / "m9" / "1"
    assert words[words.index("--model-repository") + 1] == str(tmp_path / "models")
    assert sorted(path.name for path in version.iterdir()) == ["model.onnx", "model.py", "session.py"]
    assert (tmp_path / "backends" / "python" / "triton_python_backend_stub").is_symlink()
