"""What can go wrong with files, and what the system says of it, in one readable line."""

from __future__ import annotations

import os


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


def explained(action: str, path: str, error: OSError) -> DiskError:
    """`DiskError` for a failed operation: `cannot write /x/y: No space left on device`."""
    return DiskError(f"cannot {action} {path}: {reason(error)}")
