"""Every command family a twin can have, found where the firmware brings them together."""

import importlib
from collections.abc import Iterator

from atwin.at.command import Family


def command_families() -> list[type[Family]]:
    """The chapters, by title."""
    importlib.import_module("atwin.twin.firmware")
    return sorted(_chapters(Family), key=lambda family: family.title)


def _chapters(parent: type[Family]) -> Iterator[type[Family]]:
    for family in parent.__subclasses__():
        # A program that uses the package may declare families of its own: not ours to describe.
        if family.declarations and family.__module__.startswith("atwin."):
            yield family
        yield from _chapters(family)
