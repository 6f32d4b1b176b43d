"""Waits for the moment of each fault, lets it happen, and ends it when its time has come."""

from __future__ import annotations

import logging
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atwin.at.dialect.commands import COMMANDS, PLAIN
from atwin.at.grammar import Form, split_arguments
from atwin.twin.board.power import Cure
from atwin.twin.chapters.bearer import CIDS, CLOSED, Bearers
from atwin.twin.faults.case import Case
from atwin.twin.faults.faulty_stream import BodyCounter

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.grammar import Command
    from atwin.twin.faults.fault import Fault
    from atwin.twin.faults.plan import FaultPlan
    from atwin.twin.faults.victim import Victim

log = logging.getLogger("atwin.twin")

#: Faults that are over, and are remembered; as many as one plan may have.
REMEMBERED = 10_000

_CURING = ("+CIPSHUT", "+CFUN", "+SAPBR")


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault began or ended: `time` in seconds of the twin's clock."""

    time: float
    what: str
    fault: Fault


class Faults:
    """The faults of one twin: those that wait, those at work, and what has happened."""

    def __init__(self, victim: Victim) -> None:
        #: What has happened, in order: of days the last.
        self.history: deque[Happened] = deque(maxlen=2 * REMEMBERED)
        #: The faults that were added, in order, begun or not; of those that are over the last.
        self.cases: list[Case] = []
        self._over: deque[Case] = deque()
        self._added = 0
        #: Hears what happens, when it does.
        self.on_event: Callable[[Happened], None] = lambda event: None
        self._victim = victim
        self._waiting: list[Case] = []
        self._at_work: list[Case] = []
        self._closed = False
        self._begun = Counter[str]()
        self._cures = CureWatch(victim, self._cured)
        taps = victim.module.hardware.taps
        taps.command = self._command
        taps.stream = lambda stream: BodyCounter(stream, self)
        victim.module.on_cure = self._cured
        victim.network.on_connect = self._connect

    # --- from outside ---------------------------------------------------------------------------

    def follow(self, plan: FaultPlan) -> None:
        """Add all faults of `plan`."""
        self._victim.reseed(plan.seed)
        if plan.name and plan.teaches:
            good = f" A good host: {plan.good_host}" if plan.good_host else ""
            log.info("fault plan %s: %s%s", plan.name, plan.teaches, good)
        for fault in plan.faults:
            self.add(fault)

    def add(self, fault: Fault) -> int:
        """Wait for the moment of `fault`; one that has none begins now. Its id."""
        case = self._case(fault)
        if fault.at_time is not None or (_has_no_moment(fault) and self._must_wait(fault)):
            self._waiting.append(case)
            case.timer = self._victim.later(fault.at_time or 0, lambda: self._begin(case))
        elif _has_no_moment(fault):
            self._begin(case)
        else:
            self._waiting.append(case)
            case.counts_bytes = fault.at_byte is not None and fault.at_action is None
        return case.id

    def trigger(self, fault: Fault) -> None:
        """Let `fault` begin now, whatever moment it says."""
        self._begin(self._case(fault))

    def _case(self, fault: Fault) -> Case:
        self._added += 1
        case = Case(fault, self._end, self._added)
        self.cases.append(case)
        return case

    def clear(self) -> None:
        """End all that are at work, and forget those that wait."""
        for case in [*self._waiting, *self._at_work]:
            self._clear(case)

    def end(self, number: int) -> bool:
        """The same of one, by its id; False when it neither waits nor is at work."""
        for case in [*self._waiting, *self._at_work]:
            if case.id == number:
                self._clear(case)
                return True
        return False

    def _clear(self, case: Case) -> None:
        case.cleared = True
        self._end(case)

    def start_over(self, plan: FaultPlan | None) -> None:
        """Only those of `plan`, from now on; none has begun yet."""
        self._begun.clear()
        self._cures = CureWatch(self._victim, self._cured)
        if plan is not None:
            self.follow(plan)

    def close(self) -> None:
        """The twin ends: nothing happens any more."""
        self._closed = True
        self._victim.close()

    @property
    def state(self) -> dict[str, Any]:
        """For the control socket: what waits, what is at work, how often each kind began."""
        return {
            "waiting": [{"id": case.id, **case.fault.table} for case in self._waiting],
            "at_work": [{"id": case.id, **case.fault.table} for case in self._at_work],
            "begun": dict(self._begun),
        }

    # --- moments --------------------------------------------------------------------------------

    @property
    def next_mark(self) -> int | None:
        """The byte of a body to stop at, None while nobody waits for one."""
        marks = [case.fault.at_byte or 0 for case in self._waiting if case.counts_bytes]
        return min(marks, default=None)

    def reached(self, count: int) -> bool:
        """This many bytes of a body have been read; whether that was somebody's mark."""
        due = [
            case
            for case in self._waiting
            if case.counts_bytes and (case.fault.at_byte or 0) <= count
        ]
        for case in due:
            self._begin(case)
        return bool(due)

    def _command(self, command: Command) -> None:
        if self._closed:
            return
        self._cures.command(command)
        for case in tuple(self._waiting):
            by_action = case.fault.at_action is not None and _is_action(command)
            if by_action and case.counts_bytes:
                self._waiting.remove(case)
                case.missed = True
                self._note("missed its byte", case.fault)
            elif by_action or command.name == case.fault.command:
                self._count(case)

    def _connect(self) -> None:
        for case in tuple(self._waiting):
            if case.fault.at_connection is not None:
                self._count(case)

    def _count(self, case: Case) -> None:
        case.seen += 1
        if case.left:
            return
        if case.fault.at_byte is None:
            self._begin(case)
        else:
            case.counts_bytes = True

    def _must_wait(self, fault: Fault) -> bool:
        """Whether the run it would happen to has yet to begin."""
        return fault.NEEDS_RUN and self._victim.module.firmware is None

    # --- course ---------------------------------------------------------------------------------

    def _begin(self, case: Case) -> None:
        if case in self._waiting:
            self._waiting.remove(case)
        if case.timer is not None:
            case.timer.cancel()
        if self._closed:
            return
        fault = case.fault
        self._begun[fault.KIND] += 1
        self._note("begins", fault)
        case.began = self._victim.clock.now()
        self._at_work.append(case)
        case.end = fault.begin(self._victim, case)
        if case.over:
            self._finish(case)
        elif fault.is_moment:
            self._end(case)
        elif fault.seconds is not None:
            case.timer = self._victim.later(fault.seconds, lambda: self._end(case))

    def _cured(self, cure: Cure) -> None:
        for case in tuple(self._at_work):
            wanted = case.fault.cure
            if wanted is not None and cure >= wanted and not self._closed:
                case.cures += 1
                if case.cures == case.fault.times:
                    self._end(case)

    def _end(self, case: Case) -> None:
        for cases in (self._waiting, self._at_work):
            if case in cases:
                cases.remove(case)
        if case.timer is not None:
            case.timer.cancel()
        if case.over:
            return
        case.over = True
        self._finish(case)
        self._over.append(case)
        if len(self._over) > REMEMBERED:
            self.cases.remove(self._over.popleft())

    def _finish(self, case: Case) -> None:
        if case.end is not None:
            self._note("ends", case.fault)
            case.ended = self._victim.clock.now()
            case.end()

    def _note(self, what: str, fault: Fault) -> None:
        log.info("fault %s: %s", what, fault)
        self._victim.module.hardware.trace.notes("fault", f"{fault.KIND} {what}")
        event = Happened(self._victim.clock.now(), what, fault)
        self.history.append(event)
        self.on_event(event)


class CureWatch:
    """What the host does to recover, seen in its commands (docs/spec/power.md §5, flows.md §1).

    Calls `cured` before the command that cures is run, so that it finds the network well.
    """

    def __init__(self, victim: Victim, cured: Callable[[Cure], None]) -> None:
        self._victim = victim
        self._cured = cured
        self._radio_off = False

    def command(self, command: Command) -> None:
        """Look at a command, known to the module or not."""
        if command.name not in _CURING:
            return
        arguments = [piece.text for piece in split_arguments(command.arguments)]
        match command.name, command.form, arguments:
            case "+CIPSHUT", Form.EXECUTE, _:
                self._cured(Cure.CIPSHUT)
            case "+CFUN", Form.SET, ["0" | "4"]:
                self._radio_off = True
            case "+CFUN", Form.SET, ["1"] if self._radio_off:
                self._radio_off = False
                self._cured(Cure.CFUN)
            case "+SAPBR", Form.SET, ["1", cid] if self._is_closed(cid):
                self._cured(Cure.NEW_PDP)

    def _is_closed(self, cid: str) -> bool:
        """Opening a bearer that is open already makes no new PDP."""
        firmware = self._victim.firmware
        if firmware is None or cid not in map(str, CIDS):
            return False
        return firmware.find(Bearers).status(int(cid))[0] == CLOSED


def _has_no_moment(fault: Fault) -> bool:
    moments = (fault.at_time, fault.at_byte, fault.at_action, fault.at_command, fault.at_connection)
    return all(moment is None for moment in moments)


def _is_action(command: Command) -> bool:
    return COMMANDS.get(command.name, PLAIN).is_action and command.form is Form.SET
