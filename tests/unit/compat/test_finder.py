import importlib
import sys
from pathlib import Path

import pytest

from serving_kit import clients, compat
from serving_kit.compat.finder import NotOffered
from serving_kit.compat.name import MISSING, MODULES
from serving_kit.errors import Unsupported

pytestmark = pytest.mark.usefixtures("old_names")


def run(code: str) -> dict[str, object]:
    """Run lines of an old script and return what they name."""
    names: dict[str, object] = {}
    exec(compile(code, "script.py", "exec"), names)  # noqa: S102 - import statements, as scripts write them
    return names


@pytest.mark.parametrize("name", MODULES)
def test_every_name_stands_for_a_module_of_ours(name: str) -> None:
    module = importlib.import_module(name)
    real = importlib.import_module(MODULES[name])
    assert module.__name__ == name
    assert module.__doc__ == real.__doc__
    assert real.__spec__ is not None
    assert real.__spec__.name == MODULES[name], "the real module keeps its own name"
    assert module.__all__
    assert all(getattr(module, offered) is getattr(real, offered) for offered in module.__all__)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from paddle_serving_client import Client", "Client"),
        ("from paddle_serving_client.httpclient import *", "HttpClient"),
        ("import paddle_serving_client.io as serving_io", "serving_io"),
        ("from paddle_serving_client import io", "io"),
        ("from paddle_serving_client.metric import auc", "auc"),
        ("from paddle_serving_client.io import inference_model_to_serving", "inference_model_to_serving"),
        ("from paddle_serving_server import OpMaker, OpSeqMaker, Server", "Server"),
        ("import paddle_serving_server as serving; maker = serving.OpMaker()", "maker"),
        ("from paddle_serving_server.pipeline import PipelineClient", "PipelineClient"),
        ("from paddle_serving_server.pipeline import PipelineServer, RequestOp, ResponseOp, Op, Analyst", "Op"),
        ("from paddle_serving_server import pipeline; op = pipeline.RequestOp()", "op"),
        ("from paddle_serving_server.pipeline.operator import Op", "Op"),
        ("from paddle_serving_server.pipeline.channel import ChannelDataErrcode, ChannelDataType", "ChannelDataType"),
        ("from paddle_serving_server.pipeline.channel import ChannelDataEcode, ProductErrCode", "ProductErrCode"),
        ("from paddle_serving_server.pipeline.error_catch import CustomException", "CustomException"),
        ("from paddle_serving_server.pipeline.proto import pipeline_service_pb2", "pipeline_service_pb2"),
        ("from paddle_serving_server.web_service import WebService, Op", "WebService"),
        ("from paddle_serving_server.proto import general_model_config_pb2 as m_config", "m_config"),
        ("from paddle_serving_client.proto import general_model_config_pb2 as m_config", "m_config"),
        ("import paddle_serving_server.proto.general_model_config_pb2 as m_config", "m_config"),
        ("from paddle_serving_client.pipeline import PipelineClient", "PipelineClient"),
        ("from paddle_serving_app.reader import *", "Sequential"),
        ("from paddle_serving_app.reader.image_reader import String2Image, Base64ToImage", "String2Image"),
        ("from paddle_serving_app.reader.imdb_reader import IMDBDataset", "IMDBDataset"),
        ("from paddle_serving_app.reader.bert_base_reader import BertBaseReader", "BertBaseReader"),
        ("from paddle_serving_app.reader.batching import pad_batch_data", "pad_batch_data"),
        ("from paddle_serving_app.local_predict import LocalPredictor", "LocalPredictor"),
    ],
)
def test_imports_of_the_old_examples_work(code: str, name: str) -> None:
    assert run(code)[name] is not None


def test_old_names_are_the_same_objects_as_ours() -> None:
    assert run("from paddle_serving_client.client import Client")["Client"] is clients.Client
    assert run("import paddle_serving_client as c; version = c.__version__")["version"] == "0.9.0"


@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_offered_says_what_to_use_instead(name: str) -> None:
    with pytest.raises(ImportError, match=f"^{name} of Paddle Serving is not offered; .{{20,}}$"):
        importlib.import_module(name)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("from paddle_serving_server import monitor", "paddle_serving_server.monitor of"),
        ("from paddle_serving_server.web_service import Flask", "paddle_serving_server.web_service.Flask of"),
        ("from paddle_serving_server.pipeline import dag", "paddle_serving_server.pipeline.dag of"),
        ("from paddle_serving_server.pipeline.proto import x", "paddle_serving_server.pipeline.proto.x of"),
        ("from paddle_serving_client import SDKConfig", "paddle_serving_client.SDKConfig of"),
        ("from paddle_serving_client.utils import timer", "paddle_serving_client.utils.timer of"),
    ],
)
def test_names_that_nobody_listed_are_refused_by_name(code: str, says: str) -> None:
    with pytest.raises(NotOffered, match=f"^{says} Paddle Serving is not offered; "):
        run(code)


def test_a_refusal_is_an_import_error_and_one_of_ours() -> None:
    assert issubclass(NotOffered, ImportError)
    assert issubclass(NotOffered, Unsupported)
    caught = run("try:\n  import paddle_serving_server.monitor\nexcept ImportError as e:\n  found = type(e)")
    assert caught["found"] is NotOffered


def test_installing_twice_adds_one_finder() -> None:
    before = len(sys.meta_path)
    compat.install()
    assert len(sys.meta_path) == before


def test_other_imports_are_none_of_its_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "paddle_serving_extra.py").write_text("value = 3", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert run("from paddle_serving_extra import value")["value"] == 3
