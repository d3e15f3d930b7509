import subprocess
import sys

import pytest

import serving_kit

HEAVY = {"paddle", "fastapi", "starlette", "uvicorn", "cv2", "matplotlib", "pandas", "onnxruntime"}


def test_a_client_loads_no_engine_and_no_web_framework() -> None:
    code = "import sys, serving_kit; serving_kit.connect; serving_kit.HttpClient; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "serving_kit.clients.client" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("name", serving_kit.__all__)
def test_every_public_name_is_found_when_asked_for(name: str) -> None:
    assert getattr(serving_kit, name).__name__ == name


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'serving_kit' has no attribute 'conect'"):
        _ = serving_kit.conect
