import hashlib
import io
import json
import shutil
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from serving_kit.errors import ChecksumMismatch, NotFound, Unavailable
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.registry import Client, Package, fetch


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("tiny/weights", b"1")
        bundle.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        bundle.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        bundle.writestr("tiny-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


def tarball(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            bundle.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


WHEEL = wheel()
SDIST = tarball({"tiny-1.0/setup.py": "raise SystemExit('setup.py was run')", "tiny-1.0/PKG-INFO": "Name: tiny"})
NPM = tarball({"package/package.json": json.dumps({"name": "tiny", "version": "1.0.0"}), "package/weights": "1"})


@dataclass
class Registry:
    """A registry of one package called tiny, for pip and for npm; None is a page that is not there."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    def page(self, path: str) -> tuple[str, bytes] | None:
        files = {"/tiny-1.0-py3-none-any.whl": WHEEL, "/tiny-1.0.tar.gz": SDIST, "/tiny-1.0.0.tgz": NPM}
        if path in files:
            return "application/octet-stream", files[path]
        if path == "/simple/tiny/":
            links = "".join(
                f'<a href="/{name}">{name}</a>' for name in ("tiny-1.0-py3-none-any.whl", "tiny-1.0.tar.gz")
            )
            return "text/html", f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        if path == "/tiny":
            release = {"name": "tiny", "version": "1.0.0", "dist": {"tarball": f"{self.url}/tiny-1.0.0.tgz"}}
            document = {"name": "tiny", "versions": {"1.0.0": release}, "dist-tags": {"latest": "1.0.0"}}
            return "application/json", json.dumps(document).encode()
        return None


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            page = registry.page(self.path)
            if page is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", page[0])
            self.send_header("Content-Length", str(len(page[1])))
            self.end_headers()
            self.wfile.write(page[1])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        registry.url = f"http://127.0.0.1:{server.server_port}"
        configure(monkeypatch, registry.url, tmp_path)
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()


def configure(monkeypatch: pytest.MonkeyPatch, url: str, folder: Path) -> None:
    """Point pip and npm at one address and at nothing else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("npm_config_registry", url)
    monkeypatch.setenv("npm_config_cache", str(folder / "npm"))


CASES = [(Client.WHEEL, "1.0", WHEEL), (Client.SDIST, "1.0", SDIST), (Client.NPM, "1.0.0", NPM)]


@pytest.mark.parametrize(("client", "version", "content"), CASES)
def test_an_archive_is_fetched_once(
    registry: Registry, tmp_path: Path, client: Client, version: str, content: bytes
) -> None:
    package, cache = Package(client, "tiny", version), Cache(tmp_path / "archives")
    assert fetch(package, sha256(content), cache).read_bytes() == content
    registry.asked.clear()
    assert fetch(package, sha256(content), cache).read_bytes() == content
    assert registry.asked == []


def test_node_comes_from_a_python_package_where_the_machine_has_none(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("npm") is None
    archive = fetch(Package(Client.NPM, "tiny", "1.0.0"), sha256(NPM), Cache(tmp_path / "archives"))
    assert archive.read_bytes() == NPM


@pytest.mark.parametrize(("client", "version", "content"), CASES)
def test_another_archive_than_the_pinned_one_is_thrown_away(
    registry: Registry, tmp_path: Path, client: Client, version: str, content: bytes
) -> None:
    with pytest.raises(ChecksumMismatch, match="thrown away"):
        fetch(Package(client, "tiny", version), "0" * 64, Cache(tmp_path / "archives"))
    assert [path for path in (tmp_path / "archives").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("client", list(Client))
def test_a_release_that_is_not_there_is_named(registry: Registry, tmp_path: Path, client: Client) -> None:
    with pytest.raises((Unavailable, NotFound), match=r"tiny 9\.9\.9"):
        fetch(Package(client, "tiny", "9.9.9"), "0" * 64, Cache(tmp_path / "archives"))


@pytest.mark.parametrize("client", list(Client))
def test_a_registry_out_of_reach_is_one_sentence_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    configure(monkeypatch, "http://127.0.0.1:9", tmp_path)
    monkeypatch.setenv("FORCE_COLOR", "1")  # as inside a notebook
    with pytest.raises(Unavailable) as caught:
        fetch(Package(client, "tiny", "1.0.0"), "0" * 64, Cache(tmp_path / "archives"))
    assert "tiny 1.0.0" in str(caught.value)
    assert "reached" in str(caught.value) or client is Client.NPM  # npm, told to be quiet, says nothing
    assert "\x1b" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_machine_without_pip_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(Unavailable, match="cannot start python"):
        fetch(Package(Client.WHEEL, "tiny", "1.0"), "0" * 64, Cache(tmp_path / "archives"))
