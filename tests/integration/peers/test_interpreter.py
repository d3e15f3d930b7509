"""A machine without Python 3.9 gets one from Debian, for the native client only."""

import pytest

from benchmarks.peer.debian import is_debian
from tests.integration.peers.conftest import run
from tests.peers import native

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("module", ["ssl", "ctypes", "distutils.version"] if is_debian() else [])
def test_debians_python_has_what_the_client_imports(module: str) -> None:
    done = run(native.from_debian(), "-c", f"import sys, {module}; print(sys.version_info[:2])")
    assert (done.stdout, done.stderr) == ("(3, 9)\n", "")
