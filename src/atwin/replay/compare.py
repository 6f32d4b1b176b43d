"""Where two dialogues differ: the recorded one, and the one of a replay.

Commands are aligned with commands, and then the lines of each answer with each other. What nobody
asked for may come at another place and in another order. Echo is not a line of a dialogue.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from atwin.replay.plan import is_unasked
from atwin.text import masked, shown
from atwin.trace.exchanges import StepKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from atwin.replay.ignoring import Ignoring
    from atwin.trace.exchanges import Exchange, LineStep

#: Lines of one answer that are aligned; of a longer one each is compared with that at its place.
_MOST_ALIGNED = 40


@dataclass(slots=True)
class DiffLine:
    """A line of a dialogue, or data."""

    way: str
    text: str
    data: bytes | None
    #: What counts of it.
    key: Hashable

    def told(self, other: DiffLine | None = None) -> str:
        """For a person, secrets masked; data by their size, and where `other` begins to differ."""
        if self.data is None:
            line = f"{self.way} {shown(masked(self.text))}"
            same = other is not None and masked(self.text) == masked(other.text)
            return f"{line}  (what is masked differs)" if same else line
        text = f"{self.way} ({len(self.data):,} bytes"
        if other is not None and other.data is not None:
            text += f", the first difference at byte {_first_difference(self.data, other.data):,}"
        return f"{text})"


@dataclass(slots=True)
class Compared:
    """A line of both dialogues: the recorded, the replayed, or one that is only in one of them."""

    recorded: DiffLine | None
    replayed: DiffLine | None
    #: The recorded command that it belongs to, from 1.
    command: int

    @property
    def same(self) -> bool:
        """Whether there is no difference."""
        return (
            self.recorded is not None
            and self.replayed is not None
            and self.recorded.key == self.replayed.key
        )


@dataclass(slots=True)
class _Talk:
    """One dialogue: by command the lines of its exchange, and what nobody asked for."""

    groups: list[list[DiffLine]] = field(default_factory=list)
    #: With how many lines came before.
    beside: list[tuple[int, DiffLine]] = field(default_factory=list)


def compare(
    recorded: Sequence[Exchange],
    replayed: Sequence[Exchange],
    ignoring: Ignoring,
    *,
    polls: bool = False,
) -> list[Compared]:
    """All lines, aligned. `polls`: how often a query is repeated makes no difference."""
    before, after = (_talk(one, ignoring, polls) for one in (recorded, replayed))
    lines = list(_aligned(before.groups, after.groups))
    return _with_beside(lines, before.beside, after.beside)


def differences(lines: Sequence[Compared]) -> list[list[Compared]]:
    """Those that differ, in groups that follow each other."""
    groups: list[list[Compared]] = []
    was_same = True
    for line in lines:
        if not line.same:
            if was_same:
                groups.append([])
            groups[-1].append(line)
        was_same = line.same
    return groups


def _talk(exchanges: Sequence[Exchange], ignoring: Ignoring, polls: bool) -> _Talk:
    talk, count = _Talk(), 0
    asked: set[str] = set()
    for exchange in exchanges:
        is_repeated = polls and exchange.command in asked
        if exchange.is_query:
            asked.add(exchange.command)
        elif exchange.command:
            asked.clear()
        group: list[DiffLine] = []
        streams: dict[str, DiffLine] = {}
        prompted = 1
        for step in exchange.steps:
            if step.kind is StepKind.ECHO:
                continue
            spoken = _spoken(step, ignoring)
            if is_unasked(step):
                talk.beside.append((count + len(group), spoken))
            elif step.kind is StepKind.STREAM and (stream := streams.get(step.way)):
                # How it was cut into pieces makes no difference.
                stream.data = (stream.data or b"") + step.data
                stream.key = (step.way, ignoring.data(stream.data))
            elif not is_repeated:
                at = len(group)
                if step.kind is StepKind.STREAM:
                    at = group.index(streams["<"]) if step.way == ">" and "<" in streams else at
                    streams[step.way] = spoken
                elif step.kind is StepKind.DATA and step.way == ">":
                    at = prompted  # what the module says meanwhile makes no difference
                group.insert(at, spoken)
                if step.kind is StepKind.PROMPT:
                    prompted = len(group)
        if group:
            talk.groups.append(group)
            count += len(group)
    return talk


def _spoken(step: LineStep, ignoring: Ignoring) -> DiffLine:
    if step.kind in (StepKind.DATA, StepKind.STREAM, StepKind.NOISE):
        return DiffLine(step.way, step.text, step.data, (step.way, ignoring.data(step.data)))
    return DiffLine(step.way, step.text, None, (step.way, ignoring.text(step.text)))


def _aligned(before: list[list[DiffLine]], after: list[list[DiffLine]]) -> Iterator[Compared]:
    keys = [[group[0].key for group in groups] for groups in (before, after)]
    for first, last, other, to in _opcodes(*keys):
        pairs = zip_longest(before[first:last], after[other:to])
        is_equal = keys[0][first:last] == keys[1][other:to]
        if is_equal:
            for number, (one, two) in enumerate(pairs, first + 1):
                yield from _lines_of(one or [], two or [], number)
        else:
            for number, group in enumerate(before[first:last], first + 1):
                yield from (Compared(spoken, None, number) for spoken in group)
            for group in after[other:to]:
                yield from (Compared(None, spoken, last + 1) for spoken in group)


def _lines_of(one: list[DiffLine], two: list[DiffLine], number: int) -> Iterator[Compared]:
    stretches = [(0, len(one), 0, len(two))]
    if max(len(one), len(two)) <= _MOST_ALIGNED:
        stretches = list(_opcodes([s.key for s in one], [s.key for s in two]))
    for first, last, other, to in stretches:
        for before, after in zip_longest(one[first:last], two[other:to]):
            yield Compared(before, after, number)


def _opcodes(
    one: Sequence[Hashable], two: Sequence[Hashable]
) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that are the same or not, in order: of `one` from and to, of `two` from and to.

    What is the same at the start and at the end is not looked at closely, and of many by default
    `SequenceMatcher` looks for what is rare among them: else it could take for ever.
    """
    start = _common(one, two, lambda at: at)
    end = min(_common(one, two, lambda at: -1 - at), min(len(one), len(two)) - start)
    if start:
        yield 0, start, 0, start
    inner = one[start : len(one) - end], two[start : len(two) - end]
    matcher = SequenceMatcher(None, *inner)
    for _, first, last, other, to in matcher.get_opcodes():
        yield start + first, start + last, start + other, start + to
    if end:
        yield len(one) - end, len(one), len(two) - end, len(two)


def _common(one: Sequence[Hashable], two: Sequence[Hashable], place: Callable[[int], int]) -> int:
    most = min(len(one), len(two))
    return next((at for at in range(most) if one[place(at)] != two[place(at)]), most)


def _with_beside(
    lines: list[Compared],
    before: list[tuple[int, DiffLine]],
    after: list[tuple[int, DiffLine]],
) -> list[Compared]:
    """The lines with what nobody asked for, each at its recorded place, else at its own."""
    partners: dict[Hashable, deque[DiffLine]] = defaultdict(deque)
    for _, spoken in after:
        partners[spoken.key].append(spoken)
    matched = Counter[int]()
    recorded = deque[tuple[int, DiffLine, DiffLine | None]]()
    for at, spoken in before:
        partner = partners[spoken.key].popleft() if partners[spoken.key] else None
        matched[id(partner)] += 1
        recorded.append((at, spoken, partner))
    replayed = deque((at, spoken) for at, spoken in after if not matched[id(spoken)])
    merged: list[Compared] = []
    number, first, second = 1, 0, 0
    for line in [*lines, None]:
        number = number if line is None else line.command
        is_last = line is None
        while recorded and (is_last or recorded[0][0] <= first):
            _, spoken, partner = recorded.popleft()
            merged.append(Compared(spoken, partner, number))
        while replayed and (is_last or replayed[0][0] <= second):
            merged.append(Compared(None, replayed.popleft()[1], number))
        if line is not None:
            merged.append(line)
            first += line.recorded is not None
            second += line.replayed is not None
    return merged


def _first_difference(one: bytes, two: bytes) -> int:
    """From 0; the length of the shorter one where it is the beginning of the other."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
