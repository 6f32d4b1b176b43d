"""How far the twin knows each command: per command, form and model."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from atwin.at.grammar import Form
from atwin.models import MODELS, load_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from atwin.at.command import Declaration, Family
    from atwin.models import Profile
    from atwin.twin.chapters.absent import Absent


class Level(StrEnum):
    """What a model does with one form of a command."""

    #: With the effect that it has on the module.
    FULL = "full"
    #: As the module answers, and nothing else happens.
    ANSWERED = "answered"
    #: `ERROR`, and the module does not know it either.
    ABSENT = "absent"
    #: `ERROR`, though the module knows it: atwin does not.
    MISSING = "missing"


#: From the most that a model may do to the least.
ORDER = tuple(Level)


def level(profile: Profile, family: type[Family], declaration: Declaration, form: Form) -> Level:
    """What `profile` does with `form` of a command that a family of the twin declares."""
    if form is not Form.SET and (lines := profile.answers.get(f"AT{declaration.name}{form.value}")):
        return Level.ABSENT if lines == ("ERROR",) else Level.ANSWERED
    if declaration.needs is not None and not profile.has(declaration.needs):
        return Level.ABSENT
    return Level.FULL if family.effect else Level.ANSWERED


def level_of_absent(absent: Absent) -> Level:
    """What every model does with such a command."""
    return Level.MISSING if absent.ours else Level.ABSENT


def levels(
    families: Iterable[type[Family]],
    absent: Iterable[Absent] = (),
    models: Sequence[Profile] = (),
) -> dict[str, dict[str, Level]]:
    """By command and model, the most that any of its forms is; of what is `absent`, that.

    Of all models there are, or of `models`.
    """
    profiles = models or [load_profile(key) for key in MODELS]
    keys = [profile.key for profile in profiles]
    found: dict[str, dict[str, Level]] = {}
    for family in families:
        for declaration in family.declarations:
            of_command = found.setdefault(declaration.name, {})
            for profile in profiles:
                for form in declaration.forms:
                    now = level(profile, family, declaration, form)
                    before = of_command.get(profile.key, now)
                    of_command[profile.key] = min(now, before, key=ORDER.index)
    for gap in absent:
        found.update(dict.fromkeys(gap.names, dict.fromkeys(keys, level_of_absent(gap))))
    return dict(sorted(found.items()))
