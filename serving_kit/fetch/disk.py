"""A full disk, said in one sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving_kit.errors import BadInput


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Turn "no space left", a quota or a file size limit met while writing below `folder` into BadInput."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise BadInput(f"the disk is full at {folder}; free some room or set SERVING_KIT_CACHE_DIR") from None
