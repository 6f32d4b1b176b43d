"""What all faults have in common: the moment they begin, and how long they last."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from atwin.text import told
from atwin.twin.board.power import Cure

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

    from atwin.twin.faults.case import Case
    from atwin.twin.faults.dice import Throw
    from atwin.twin.faults.victim import Victim

    #: What ends a fault that has begun.
    End = Callable[[], None]

_COMMAND = re.compile(r"(?:AT)?([+*^&]\w+)|AT([A-Z])", re.IGNORECASE | re.ASCII)
#: A command as it is on the line, for those that know no flags.
COMMAND_FORM = r"([Aa][Tt])?[+*^&][A-Za-z0-9_]+|[Aa][Tt][A-Za-z]"

_CURES = tuple(cure.name.lower() for cure in Cure)


class PlanError(ValueError):
    """A fault cannot be like that; the text is one line: which key, what is allowed."""


def number(
    default: float | None, low: float = 0, high: float = 1e9, *, throw: Throw | None = None
) -> Any:
    """A field for a number from `low` to `high`; None as a default makes it optional.

    `throw` is how a random plan chooses it.
    """
    return field(
        default=default, metadata={"kind": float, "low": low, "high": high, "throw": throw}
    )


def whole(
    default: int | None, low: int = 0, high: int = 1_000_000_000, *, throw: Throw | None = None
) -> Any:
    """A field for a whole number."""
    return field(default=default, metadata={"kind": int, "low": low, "high": high, "throw": throw})


def text(default: str | None, throw: Throw) -> Any:
    """A field for a text."""
    return field(default=default, metadata={"throw": throw})


def flag(throw: Throw) -> Any:
    """A field that is false unless somebody says true."""
    return field(default=False, metadata={"throw": throw})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, when, and for how long.

    It begins at `at_time` seconds after it was added (with a plan: after the start), at the
    `at_action`th HTTPACTION, HTTPEXACTION or HTTPGETTOFS, at the `nth` `at_command` before that
    is run, at the `at_connection`th connection, or with the byte `at_byte` of a response's body
    (of that action, with `at_action`); without any of these, at once.

    It lasts `seconds`, or `count` of what it meets, or `until` the host does what cures it, for
    the `times`th time: `new_pdp`, `cipshut`, `cfun`, `reset`, `reset_pin`, `power`. Each of them
    cures also what those before it do. Raises `PlanError`.
    """

    #: Its name in plans.
    KIND: ClassVar[str] = ""
    #: Which of `seconds`, `count` and `until` it may last; without any it is over at once.
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "until")
    #: Its `count` when nothing says how long; None is for ever.
    COUNT: ClassVar[int | None] = None
    #: What `until` may say.
    CURES: ClassVar[tuple[str, ...]] = _CURES
    #: Whether there must be a run of the firmware for it to happen to.
    NEEDS_RUN: ClassVar[bool] = False

    at_time: float | None = number(None)
    at_byte: int | None = whole(None)
    at_action: int | None = whole(None, 1)
    at_command: str | None = None
    nth: int = whole(1, 1)
    at_connection: int | None = whole(None, 1)
    seconds: float | None = number(None)
    count: int | None = whole(None, 1)
    until: str | None = None
    times: int = whole(1, 1)

    def begin(self, victim: Victim, case: Case) -> End:
        """Go wrong; `case` meets each of what `count` counts. Returns what ends it."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        for each in fields(self):
            self._check(each)
        moments = [name for name in ("at_time", "at_command", "at_connection") if self._has(name)]
        if self._has("at_byte") or self._has("at_action"):
            moments.append("at_byte" if self._has("at_byte") else "at_action")
        if len(moments) > 1:
            raise PlanError(f"{' and '.join(moments)}: one moment is enough")
        if self.nth != 1 and self.at_command is None:
            raise PlanError("nth needs an at_command")
        lengths = [name for name in ("seconds", "count", "until") if self._has(name)]
        if len(lengths) > 1:
            raise PlanError(f"{' and '.join(lengths)}: only one of them can end it")
        for name in lengths:
            if name not in self.lasts:
                allowed = ", ".join(self.lasts) or "it is over at once"
                raise PlanError(f"{name} means nothing here: {allowed}")
        if self.until is not None and self.until not in self.CURES:
            raise PlanError(f"until = {told(self.until)}: must be one of {', '.join(self.CURES)}")
        if self.times != 1 and self.until is None:
            raise PlanError("times needs an until")
        if self.at_command is not None and not _COMMAND.fullmatch(self.at_command):
            raise PlanError(
                f"at_command = {told(self.at_command)}: give a name alone, such as"
                ' "AT+HTTPREAD"; nth says which of them'
            )

    @property
    def lasts(self) -> tuple[str, ...]:
        """Which of `seconds`, `count` and `until` it may last, being what it is."""
        return self.LASTS

    @property
    def command(self) -> str | None:
        """`at_command` as the grammar names it: upper case, without AT."""
        match = _COMMAND.fullmatch(self.at_command or "")
        return None if match is None else (match[1] or match[2]).upper()

    @property
    def cure(self) -> Cure | None:
        """What ends it, if the host has to."""
        return None if self.until is None else Cure[self.until.upper()]

    @property
    def limit(self) -> int | None:
        """How many of what it meets end it; None when something else does, or nothing."""
        if self.seconds is not None or self.until is not None:
            return None
        return self.count or self.COUNT

    @property
    def is_moment(self) -> bool:
        """Whether it is over as soon as it has begun."""
        return not self.LASTS

    @property
    def table(self) -> dict[str, Any]:
        """What differs from the defaults, as in a plan."""
        keys = {each.name: getattr(self, each.name) for each in fields(self)}
        changed = {f.name: keys[f.name] for f in fields(self) if keys[f.name] != f.default}
        return {"kind": self.KIND, **changed}

    def __str__(self) -> str:
        words = [f"{name}={value}" for name, value in self.table.items() if name != "kind"]
        return " ".join((self.KIND, *words))

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None

    def _check(self, each: Field[Any]) -> None:
        value = getattr(self, each.name)
        if value is None and each.default is None:
            return
        if (kind := each.metadata.get("kind")) is None:
            wanted = bool if isinstance(each.default, bool) else str
            if not isinstance(value, wanted):
                words = "true or false" if wanted is bool else "a text"
                raise PlanError(f"{each.name} = {told(value)}: must be {words}")
            return
        low, high = each.metadata["low"], each.metadata["high"]
        good = isinstance(value, int) if kind is int else isinstance(value, int | float)
        if not good or isinstance(value, bool) or not low <= value <= high:
            words = "a whole number" if kind is int else "a number"
            span = f"from {low:g} to {high:g}"
            raise PlanError(f"{each.name} = {told(value)}: must be {words} {span}")
