"""What old pipelines and their clients import and how they use it, beyond running a server."""

import subprocess
import sys

import pytest

from serving_kit.codecs.pipeline_code import PipelineError
from serving_kit.compat.server.channel import ChannelDataEcode, ChannelDataErrcode
from serving_kit.compat.server.error_catch import CustomException, CustomExceptionCode, ProductErrCode
from serving_kit.errors import Kind

SERVER_SIDE = {"fastapi", "uvicorn", "pydantic", "paddle", "cv2", "serving_kit.serve", "serving_kit.runtime"}


@pytest.mark.parametrize(
    "line",
    [
        "from paddle_serving_server.pipeline import PipelineClient",
        "from paddle_serving_server.pipeline.pipeline_client import PipelineClient",
        "from paddle_serving_client.pipeline import PipelineClient",
    ],
)
def test_an_old_client_of_pipelines_loads_nothing_of_a_server(line: str) -> None:
    code = f"import sys; from serving_kit.compat import install; install()\n{line}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(ran.stdout.split())
    assert "serving_kit.clients.pipeline_client" in loaded
    assert not loaded & SERVER_SIDE


def test_numbers_of_errors_are_read_as_old_scripts_do() -> None:
    assert ChannelDataErrcode.OK.value == 0
    assert ChannelDataErrcode(5000) is ChannelDataEcode.INPUT_PARAMS_ERROR
    assert CustomExceptionCode.UNKNOW.value == 10000

    class Codes(ProductErrCode):
        UNREADABLE = 51

    assert Codes.UNREADABLE.value == 51


def test_an_ops_own_error_has_its_number_and_text() -> None:
    with pytest.raises(PipelineError, match=r"^no image$") as caught:
        raise CustomException(CustomExceptionCode.INPUT_PARAMS_ERROR, "no image", True)
    assert (caught.value.err_no, caught.value.kind) == (5000, Kind.BAD_INPUT)
