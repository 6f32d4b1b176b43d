"""What can go wrong with files, in one readable line."""

from __future__ import annotations

import os


class DiskError(Exception):
    """A file cannot be read, written or locked; the text names it and the reason."""


class MeddledError(DiskError):
    """Somebody else changed a file while it was ours: what it holds now nobody vouches for."""


def explained(action: str, path: str, error: OSError) -> DiskError:
    """`DiskError` for a failed operation: `cannot write /x/y: No space left on device`."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return DiskError(f"cannot {action} {path}: {reason}")
