"""Every family of commands that a twin can have."""

from atwin.at.command import Family


def command_families() -> list[type[Family]]:
    """Those of all chapters, by title."""
    from atwin.twin.firmware import CHAPTERS  # not before they are asked for: it takes its time

    families = (family for chapter in CHAPTERS for family in chapter.commands)
    return sorted(families, key=lambda family: family.title)
