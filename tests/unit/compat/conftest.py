import sys
from collections.abc import Iterator

import pytest

from serving_kit import compat
from serving_kit.compat.name import PACKAGES


@pytest.fixture
def old_names() -> Iterator[None]:
    """Make the old imports work for one test, and forget them after it."""
    finders = sys.meta_path[:]
    compat.install()
    yield
    sys.meta_path[:] = finders
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
