"""Old Paddle Serving scripts, run unchanged: the three packages they import, mapped onto this one.

`python -m serving_kit.compat SCRIPT ARGS...` runs a script, `python -m serving_kit.compat -m MODULE ARGS...` a module;
within a program `install()` makes the old imports work.
"""

from serving_kit.compat.finder import install
from serving_kit.compat.name import VERSION

__all__ = ["VERSION", "install"]
