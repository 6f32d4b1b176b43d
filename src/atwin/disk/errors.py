"""What can go wrong with files, and what the system says of it, in one readable line."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class DiskError(Exception):
    """A file cannot be read, written or locked; the text names it and the reason."""


class MeddledError(DiskError):
    """Somebody else changed a file while it was ours: what it holds now nobody vouches for."""


def reason(error: BaseException) -> str:
    """What the system says about `error`: others add to it what a message has already."""
    if not isinstance(error, OSError):
        return str(error)
    if error.errno is not None and error.errno > 0:  # a name server counts downwards
        return os.strerror(error.errno)
    return error.strerror or str(error)


@contextmanager
def telling(action: str, path: str | Path, kind: type[Exception] = DiskError) -> Iterator[None]:
    """What fails inside raises `kind` instead: `cannot write /x/y: No space left on device`."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise kind(f"cannot {action} {path}: {reason(error)}") from None
