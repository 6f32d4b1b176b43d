"""`atwin`, struck by a signal at the nth thing that it does to a file.

`python -m support.running.struck ARGUMENTS` with `NUMBER SIGNAL WHEN` in STRIKE, where WHEN is
"before" or "after". Reading counts for nothing, nor does what is not a regular file.
"""

from __future__ import annotations

import itertools
import os
import runpy
import stat
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: The variable that says when.
STRIKE = "ATWIN_TEST_STRIKE"
#: By the open file, and by names.
OF_FILES = ("write", "pwrite", "ftruncate", "fsync", "fdatasync")
OF_NAMES = ("replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir")


def arm(strike: str) -> None:
    """Have this process struck; the nth call of any thread counts."""
    number, name, when = strike.split()
    calls = itertools.count(1)

    def wrapped(call: Callable[..., Any], *, of_file: bool) -> Callable[..., Any]:
        @wraps(call)
        def counted(*arguments: Any, **more: Any) -> Any:
            if of_file and not _is_file(arguments[0]):
                return call(*arguments, **more)
            now = next(calls) == int(number)
            if now and when == "before":
                os.kill(os.getpid(), int(name))
            result = call(*arguments, **more)
            if now and when == "after":
                os.kill(os.getpid(), int(name))
            return result

        return counted

    for each in (*OF_FILES, *OF_NAMES):
        setattr(os, each, wrapped(getattr(os, each), of_file=each in OF_FILES))


def _is_file(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


if __name__ == "__main__":
    arm(os.environ.pop(STRIKE))
    sys.argv[0] = "atwin"
    runpy.run_module("atwin.cli", run_name="__main__", alter_sys=True)
