"""Whether a response speaks of the entity that is known, of a new state of it, or of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.host.download.judging.verdict import Another, Changed

if TYPE_CHECKING:
    from atwin.host.download.judging.entity import Entity
    from atwin.host.download.judging.verdict import Known

#: Statuses from here on are not the server's (docs/spec/http.md §4).
_MODULES_OWN = 600


def contradiction(known: Known, entity: Entity, status: int = 200) -> Changed | Another | None:
    """Why `entity` is not the known one; None when nothing says so.

    What has another type, or no validators where there were some, is no new state of the entity but
    something else.
    """
    before = known.entity
    if before is None:
        return None
    reason = before.difference(entity)
    same_length = before.length is not None and before.length == entity.length
    if known.by_hash:
        # The bytes decide; only a length can tell beforehand that they cannot be right.
        reason = None if same_length or None in (before.length, entity.length) else reason
    lost = before.validated and not entity.validated and not known.by_hash
    other_type = before.type is not None and entity.type not in (None, before.type)
    if lost and other_type:
        return another(known, entity, status)
    if reason is None and (same_length or before.same_validators(entity)):
        return None
    if other_type or (lost and (reason or entity.type)):
        return another(known, entity, status)
    return Changed(reason, entity) if reason else None


def contradicts_part(known: Known, entity: Entity) -> Changed | Another | None:
    """As `contradiction`: but a part with a total says much of itself, and a HEAD says little."""
    if known.entity is None or not known.confirmed or known.entity.surely(entity):
        return None
    verdict = contradiction(known, entity, 206)
    if isinstance(verdict, Another) and (reason := known.entity.difference(entity)):
        return Changed(reason, entity)
    return verdict


def doubted(known: Known, verdict: Changed | Another, entity: Entity) -> Another | None:
    """Nothing but a HEAD speaks against this GET: the GET decides.

    Except for a page in place of a file that the HEAD knew well.
    """
    before = known.entity
    assert before is not None
    if isinstance(verdict, Changed):
        return None
    if before.type == entity.type or entity.type != "text/html":
        return None
    shorter = (before.length or 0) > (entity.length or 0)
    lost = before.validated and not entity.validated
    return verdict if lost or (shorter and before.type is not None) else None


def looks_alike(before: Entity | None, entity: Entity) -> bool:
    """Whether a whole answer may be a new state of an entity, and not just some page."""
    if before is None or before.validated:
        return True
    return before.type is not None and before.type == entity.type


def is_disputed(before: Entity | None, entity: Entity) -> bool:
    """Whether one entity is told to have two lengths. That HEAD says 0 is nothing but a habit."""
    if before is None or not before.length or entity.length in (None, before.length):
        return False
    # Without a validator on both sides it may as well be another entity.
    same = before.same_validators(entity)
    return same and replace(before, length=None).difference(replace(entity, length=None)) is None


def vouches(known: Known, told: Entity) -> bool:
    """Whether a response says as much of its entity as is known of the one on disk."""
    before = known.entity
    if not known.kept or known.by_hash or before is None or not before.validated:
        return True
    return before.same_validators(told)


def another(known: Known, entity: Entity, status: int) -> Another:
    """What came in place of the known entity, in words."""
    before = known.entity
    instead = f" instead of {before.length}" if before and before.length is not None else ""
    size = "an unknown number of" if entity.length is None else str(entity.length)
    kind = f" {entity.type}" if entity.type else ""
    # With 602 the module has not told the server's own.
    shown = f"{status}{kind}" if status < _MODULES_OWN else kind.strip() or "something"
    return Another(f"{shown}, {size} bytes{instead}")
