from pathlib import Path

import pytest

from serving_kit.checksum import file_sha256
from serving_kit.compat.app import ServingModels
from serving_kit.compat.app.package import main
from serving_kit.settings import settings
from tests.unit.fetch.server import Script, serve

BODY = b"a model" * 100


@pytest.fixture
def folder(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("serving_kit.fetch.http._BACKOFF", lambda _: 0.0)
    return tmp_path / "here"


def vendor_is(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_KIT_MIRRORS", f'{{"https://paddle-serving.bj.bcebos.com/": "{url}?"}}')
    settings.cache_clear()


def test_fifteen_models_have_the_vendors_addresses() -> None:
    models = ServingModels()
    assert sorted(name for names in models.get_model_list().values() for name in names) == sorted(models.url_dict)
    assert len(models.url_dict) == 15
    vendor = "https://paddle-serving.bj.bcebos.com"
    assert models.url_dict["lac"] == f"{vendor}/paddle_hub_models/text/LexicalAnalysis/lac.tar.gz"
    assert models.url_dict["ocr_det"] == f"{vendor}/ocr_v2/ocr_det.tar.gz"
    assert models.url_dict["deeplabv3+cityscapes"].endswith("/ImageSegmentation/deeplabv3+cityscapes.tar.gz")


def test_the_models_are_listed_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list_model"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "SentimentAnalysis: senta_bilstm | senta_bow | senta_cnn"
    assert lines[-1] == "OCR: ocr_rec | ocr_det"


def test_a_model_is_fetched_whole_into_this_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(Script(BODY, acts=["cut", "ok"])) as server:
        vendor_is(server.url, monkeypatch)
        assert main(["--get_model", "lac"]) == 0
    assert (folder / "lac.tar.gz").read_bytes() == BODY
    assert capsys.readouterr().out == f"{folder / 'lac.tar.gz'}\n"
    assert [path.name for path in folder.iterdir()] == ["lac.tar.gz"]


def test_a_model_that_changed_since_its_first_download_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(Script(BODY)) as server:
        vendor_is(server.url, monkeypatch)
        assert main(["--get_model", "lac"]) == 0
        first = file_sha256(folder / "lac.tar.gz")
        server.body = b"another model"
        assert main(["--get_model", "lac"]) == 2
    assert f"expected {first}" in capsys.readouterr().err
    assert (folder / "lac.tar.gz").read_bytes() == BODY, "the first one stays"


def test_what_cannot_be_fetched_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(Script(b"", acts=[404])) as server:
        vendor_is(server.url, monkeypatch)
        assert main(["--get_model", "lac"]) == 2
    assert capsys.readouterr().err.startswith("error: https://paddle-serving.bj.bcebos.com/paddle_hub_models/")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--get_model", "lca"], "error: there is no model 'lca'; name one of senta_bilstm, "),
        (["--tutorial", "lca"], "error: there is no model 'lca'; name one of senta_bilstm, "),
        ([], "error: nothing was asked for"),
    ],
)
def test_what_was_asked_for_wrongly_is_one_sentence(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith(says)
    assert told.count("\n") == 1


def test_a_tutorial_is_three_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tutorial", "lac"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["python", "tar", "python"]
