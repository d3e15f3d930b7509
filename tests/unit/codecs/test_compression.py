import gzip
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.codecs.compression import Compression, Inflater, compress, decompress
from serving_kit.errors import BadInput, TooLarge, Unsupported

PACKED = [kind for kind in Compression if kind is not Compression.NONE]


@given(data=st.binary(max_size=300), kind=st.sampled_from(Compression))
def test_what_is_packed_is_unpacked(data: bytes, kind: Compression) -> None:
    assert decompress(compress(data, kind), kind, 300) == data


def test_gzip_and_zlib_are_what_others_read() -> None:
    assert gzip.decompress(compress(b"abc", Compression.GZIP)) == b"abc"
    assert zlib.decompress(compress(b"abc", Compression.ZLIB)) == b"abc"


@pytest.mark.parametrize("kind", PACKED)
def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(kind: Compression) -> None:
    with pytest.raises(TooLarge, match="limit of 1000 bytes"):
        decompress(compress(b"x" * 1001, kind), kind, 1000)
    assert len(decompress(compress(b"x" * 1000, kind), kind, 1000)) == 1000


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("data", [b"", b"plain text, not packed at all"])
def test_plain_bytes_are_not_taken_for_an_empty_message(kind: Compression, data: bytes) -> None:
    with pytest.raises(BadInput, match=r"not compressed|ends too early"):
        decompress(data, kind, 1000)


@pytest.mark.parametrize("kind", [Compression.GZIP, Compression.ZLIB, Compression.LZ4])
def test_a_body_cut_short_is_refused(kind: Compression) -> None:
    with pytest.raises(BadInput, match="ends too early"):
        decompress(compress(b"abc" * 100, kind)[:-5], kind, 1000)


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(BadInput, match="goes on after the end"):
        Inflater(100).feed(gzip.compress(b"abc") + b"more")


def test_an_unknown_number_is_named() -> None:
    with pytest.raises(BadInput, match="compress_type 9 is unknown; use one of 0 none, 1 snappy"):
        Compression.of(9)


@pytest.mark.parametrize(("kind", "package"), [(Compression.SNAPPY, "cramjam"), (Compression.LZ4, "lz4")])
def test_a_missing_library_is_named(kind: Compression, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Unsupported, match=f"needs the package {package}; pip install"):
        compress(b"abc", kind)
