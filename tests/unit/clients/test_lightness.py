import subprocess
import sys

import pytest

import serving_kit

# What `pip install serving-kit` brings, and what these import of their own.
BASE = {"httpx", "numpy", "orjson", "google", "tenacity"}
BASE |= {"anyio", "certifi", "h11", "httpcore", "idna", "sniffio", "typing_extensions", "socksio", "h2", "brotli"}
# Nothing but a client's own packages can be imported, as after `pip install serving-kit`.
BARRIER = """
import sys
from importlib.abc import MetaPathFinder
class Barrier(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in ALLOWED and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
ALLOWED = set(%r)
sys.meta_path.insert(0, Barrier())
"""


def loaded_by(code: str) -> set[str]:
    code = BARRIER % sorted({*BASE, "serving_kit"}) + code + "\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


SLOW = {"httpx", "rich", "click", "grpc", "tenacity", "numpy", "google"}
"""What takes more than a twentieth of a second to import, some of it only where other packages brought it."""


def test_every_client_is_imported_with_a_clients_own_packages_alone() -> None:
    loaded = loaded_by(
        """
from importlib import import_module
from pkgutil import iter_modules
import serving_kit.clients
for found in iter_modules(serving_kit.clients.__path__):
    import_module(f"serving_kit.clients.{found.name}")
"""
    )
    assert {"serving_kit.clients.brpc_client", "serving_kit.clients.grpc_channel"} <= loaded
    for server_side in ("service", "transports", "runtime", "batching", "convert", "settings", "spec", "process"):
        assert f"serving_kit.{server_side}" not in loaded


@pytest.mark.parametrize(
    ("code", "may_load"),
    [
        ("import serving_kit.clients", set()),
        ("sk.connect; sk.connect_async; sk.ModelClient", {"numpy", "tenacity"}),
        ("sk.connect('brpc://127.0.0.1:1'); sk.Client", {"numpy", "tenacity", "google"}),
        ("sk.connect('grpc://127.0.0.1:1')", {"numpy", "tenacity", "google", "grpc"}),
        ("sk.PipelineClient; sk.AsyncPipelineClient", {"numpy", "tenacity", "google"}),
    ],
)
def test_a_client_loads_what_its_own_protocol_needs_and_nothing_slow_beside(code: str, may_load: set[str]) -> None:
    code = f"import sys, serving_kit as sk\n{code}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(ran.stdout.split()) & SLOW == may_load


def test_grpc_says_what_to_install_where_it_is_missing() -> None:
    loaded_by(
        """
import asyncio
import serving_kit as sk
from serving_kit.errors import Unsupported
def refused(make):
    try:
        make()
    except Unsupported as error:
        assert "pip install serving-kit[client]" in str(error)
    else:
        raise AssertionError(make)
refused(lambda: sk.connect("grpc://127.0.0.1:1"))
refused(lambda: sk.connect_async("grpc://127.0.0.1:1"))
refused(lambda: sk.PipelineClient().connect("127.0.0.1:1"))
refused(lambda: sk.AsyncPipelineClient().connect("127.0.0.1:1"))
"""
    )


def test_http_and_brpc_clients_are_made_without_anything_more() -> None:
    loaded_by(
        """
import serving_kit as sk
for url in ("http://127.0.0.1:1", "brpc://127.0.0.1:1"):
    with sk.connect(url, model="m", retries=0) as client:
        assert not client.is_ready()
sk.HttpClient().connect("127.0.0.1:1")
"""
    )


@pytest.mark.parametrize("name", serving_kit.__all__)
def test_every_public_name_is_found_when_asked_for(name: str) -> None:
    assert getattr(serving_kit, name).__name__ == name


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'serving_kit' has no attribute 'conect'"):
        _ = serving_kit.conect
