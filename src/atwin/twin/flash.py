"""The module's flash: files that survive everything but deletion (spec: fs.md §1)."""

from __future__ import annotations


class FlashFull(Exception):  # noqa: N818 - becomes CME 20 or ERROR, as the command has it
    """There is no room for that much."""


class Flash:
    """Files by normalised name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
