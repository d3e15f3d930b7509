import io
import tarfile
from pathlib import Path

import pytest

from serving_kit.compat.app.reader import IMDBDataset, LACReader, SentaReader
from serving_kit.errors import BadInput, NotFound
from serving_kit.settings import settings
from tests.unit.fetch.server import Script, serve

DICTIONARIES = {
    "word.dic": "0\tOOV\n1\t中\n2\t国\n3\ta\n",
    "tag.dic": "0\tLOC-B\n1\tLOC-I\n2\tO\n3\tn-B\n",
    "q2b.dic": "ａ\ta\n",
}


@pytest.fixture
def lac_folder(tmp_path: Path) -> Path:
    for name, content in DICTIONARIES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_reviews_become_ids_and_a_label(tmp_path: Path) -> None:
    (tmp_path / "imdb.vocab").write_text("great\nfilm\n.\n", encoding="utf-8")
    dataset = IMDBDataset()
    dataset.load_resource(str(tmp_path / "imdb.vocab"))
    assert dataset.get_words_and_label("Great film.<br />Awful|1 | 0\n") == ([0, 1, 2, 3], [0])
    assert dataset.get_words_only("great, film") == [0, 3, 1]
    with pytest.raises(BadInput, match="'great film' ends in no label"):
        dataset.get_words_and_label("great film")


def test_characters_become_ids(lac_folder: Path) -> None:
    reader = LACReader(lac_folder)
    assert reader.process(" 中国ａx\n") == [1, 2, 3, 0]
    assert reader.label_to_ids(["LOC-I", "nonsense"]) == [1, 2]
    assert (reader.vocab_size, reader.num_labels) == (4, 4)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1, 2, 2, 3], ["中国", "是大", "a"]),  # LOC-B LOC-I O O n-B
        ([0, 0, 2, 0, 1], ["中", "国", "是", "大a"]),
        ([2, 2, 2, 2, 2], ["中国是大a"]),
    ],
)
def test_labels_become_words(lac_folder: Path, labels: list[int], words: list[str]) -> None:
    assert LACReader(lac_folder).parse_result("中国是大a", [[label] for label in labels]) == words


def test_words_become_ids_and_unknown_ones_the_number_of_entries(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\t0\ngood\t1\nbad\t2\n", encoding="utf-8")
    reader = SentaReader(vocab_path=str(tmp_path / "vocab.txt"))
    assert reader.word_dict == {"": 0, "good": 1, "bad": 2, "<unk>": 3}
    assert reader.process(["bad", "good", "odd"]) == [2, 1, 4]


def test_a_vocabulary_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no vocabulary .*vocab\.txt; give a text file"):
        SentaReader(str(tmp_path / "vocab.txt"))
    with pytest.raises(NotFound, match=r"word\.dic"):
        LACReader(tmp_path)


@pytest.mark.usefixtures("own_cache")
def test_vocabularies_are_fetched_once_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Script(b"good\t0\n")) as server:
        monkeypatch.setenv("SERVING_KIT_MIRRORS", f'{{"https://paddle-serving.bj.bcebos.com/": "{server.url}?"}}')
        settings.cache_clear()
        assert SentaReader().process(["good"]) == SentaReader().process(["good"]) == [0]
        assert len(server.ranges) == 1


@pytest.mark.usefixtures("own_cache")
def test_dictionaries_are_fetched_and_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as bundle:
        for name, content in DICTIONARIES.items():
            member = tarfile.TarInfo(f"lac_dict/{name}")
            member.size = len(content.encode())
            bundle.addfile(member, io.BytesIO(content.encode()))
    with serve(Script(archive.getvalue())) as server:
        monkeypatch.setenv("SERVING_KIT_MIRRORS", f'{{"https://paddle-serving.bj.bcebos.com/": "{server.url}?"}}')
        settings.cache_clear()
        assert LACReader().process("中") == [1]
        assert LACReader().vocab_size == 4
        assert len(server.ranges) == 1
