"""The campaign as SimPy processes: stages hand the update out, devices fetch it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from simpy import Interrupt

from atwin.fleet.campaign.arrival import LONGEST
from atwin.fleet.server.admission import Admission, RefusedError
from atwin.fleet.server.notes import REQUEST_TIMEOUT
from atwin.fleet.server.run import LATE, SERVER, ServerRun, StageRun
from atwin.fleet.server.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import Any

    from simpy import Environment, Event, Process

    from atwin.fleet.campaign.rules import CampaignRules, RetryPolicy, ServerSpec
    from atwin.fleet.server.demand import Try
    from atwin.fleet.server.hours import Hours


class Member(NamedTuple):
    """A device of a stage: it comes `arrival` seconds after its begin, closed `hours` not counted.

    `ok` and `cause` are its end when alone.
    """

    arrival: float
    hours: Hours | None
    tries: tuple[Try, ...]
    ok: bool
    cause: str


class Wave(NamedTuple):
    """A stage: the next one begins when its members have ended and `hold` seconds have passed,
    if no more than the share `failed` of them failed."""

    members: Sequence[Member]
    hold: float = 0.0
    failed: float = 1.0


class Rollout:
    """A campaign in `env`. `play` runs it to its end; then `run` has the result."""

    def __init__(
        self,
        env: Environment,
        waves: Sequence[Wave],
        rules: CampaignRules,
        retry: RetryPolicy,
        server: ServerSpec,
    ) -> None:
        self._env, self._waves, self._rules, self._retry = env, waves, rules, retry
        self.run = ServerRun(sum(len(wave.members) for wave in waves))
        self._sharing = Sharing(env, self.run.load, server.bandwidth, server.requests)
        self._admission = Admission(env, server.connections, server.backlog)
        self._causes: Counter[str] = Counter()
        self._handing: Process | None = None
        #: Devices under way, and who waits for the last of them.
        self._under_way = 0
        self._idle: Event | None = None

    def play(self) -> ServerRun:
        """All of it, in no time."""
        env = self._env
        # No campaign takes for ever, and the load of a year fits into memory.
        end = env.timeout(self._rules.lasts or LONGEST)
        env.run(env.process(self._campaign()) | end)
        return self._finish()

    def _campaign(self) -> Generator[Event, Any, None]:
        for number, wave in enumerate(self._waves, 1):
            stage = StageRun(number, len(wave.members), began=self._env.now)
            self.run.stages.append(stage)
            yield from self._stage(wave, stage)
            if self.run.aborted:
                return

    def _stage(self, wave: Wave, stage: StageRun) -> Generator[Event, Any, None]:
        env = self._env
        hold = env.timeout(wave.hold)
        self._handing = env.process(self._hand_out(wave.members, stage))
        yield self._handing
        if self._under_way:
            self._idle = env.event()
            yield self._idle
        if self.run.aborted:
            stage.ended = env.now
            return
        yield hold
        stage.ended = env.now
        share = stage.failed / stage.devices if stage.devices else 0.0
        stage.gate = share <= wave.failed
        if not stage.gate and stage.number < len(self._waves):
            self.run.aborted = (
                f"stage {stage.number}: {stage.failed} of {stage.devices} devices failed, more "
                f"than {100 * wave.failed:.4g} %"
            )

    def _hand_out(self, members: Sequence[Member], stage: StageRun) -> Generator[Event, Any, None]:
        env, start = self._env, self._env.now
        begins = [
            member.hours.after(start, member.arrival) if member.hours else start + member.arrival
            for member in members
        ]
        try:
            for place in sorted(range(len(members)), key=begins.__getitem__):
                if begins[place] > env.now:
                    yield env.timeout(begins[place] - env.now)
                stage.begun += 1
                self._under_way += 1
                env.process(self._device(members[place], stage))
        except Interrupt:
            return

    def _device(self, member: Member, stage: StageRun) -> Generator[Event, Any, None]:
        env, retry = self._env, self._retry
        ok, cause, number = member.ok, member.cause, 0
        for one in member.tries:
            if one.wait:
                yield env.timeout(one.wait)
            if number and member.hours:
                yield env.timeout(member.hours.after(env.now) - env.now)
            place, number = 0, number + 1
            self._begun(number)
            while (place := (yield from self._attempt(one, place))) < len(one.demands):
                # Refused by the server: what it has got it keeps, and comes again.
                if number >= retry.attempts:
                    self._ended(stage, False, SERVER)
                    return
                number += 1
                yield env.timeout(retry.wait(number))
                if member.hours:
                    yield env.timeout(member.hours.after(env.now) - env.now)
                self._begun(number)
            if one.rest:
                yield env.timeout(one.rest)
            ok, cause = one.ok, one.cause
            if ok or number >= retry.attempts:
                break
        self._ended(stage, ok, cause)

    def _attempt(self, one: Try, place: int) -> Generator[Event, Any, int]:
        """The demands from `place` on; the number of the one that the server refused, or of all."""
        env, run, held = self._env, self.run, 0
        alone = took = 0.0
        for number in range(place, len(one.demands)):
            demand = one.demands[number]
            # A device that comes again begins as it did the first time.
            pause = one.demands[0 if number == place else number].after
            if pause:
                self._admission.leave(held)
                held = 0
                yield env.timeout(pause)
            if demand.claim < held:
                self._admission.leave(held - demand.claim)
            elif demand.claim > held:
                try:
                    turn = self._admission.enter(demand.claim)
                except RefusedError:
                    run.refused += 1
                    return number
                if turn is not None:
                    began = env.now
                    yield turn
                    run.waits += 1
                    run.waited += env.now - began
                    run.longest_wait = max(run.longest_wait, env.now - began)
            held = demand.claim
            began = env.now
            yield self._sharing.serve(demand)
            took += env.now - began
            alone += demand.seconds
        self._admission.leave(held)
        if one.request <= REQUEST_TIMEOUT < one.request * took / (alone or 1.0):
            run.overdue += 1
        return len(one.demands)

    def _begun(self, number: int) -> None:
        counts = self.run.attempts_by_number
        if number > len(counts):
            counts.append(0)
        counts[number - 1] += 1

    def _ended(self, stage: StageRun, ok: bool, cause: str) -> None:
        run, abort = self.run, self._rules.abort
        run.ended.append((self._env.now, ok))
        self._under_way -= 1
        if ok:
            run.done += 1
            stage.done += 1
        else:
            run.failed += 1
            stage.failed += 1
            self._causes[cause] += 1
        ended = run.done + run.failed
        if (
            abort
            and run.aborted is None
            and ended >= abort.after
            and run.failed > abort.failed * ended
        ):
            run.aborted = (
                f"abort rule: {run.failed} of {ended} devices failed, more than "
                f"{100 * abort.failed:.4g} %"
            )
            if self._handing is not None and self._handing.is_alive:
                self._handing.interrupt()
        if not self._under_way and self._idle is not None:
            self._idle.succeed()
            self._idle = None

    def _finish(self) -> ServerRun:
        """Count to the end; who is not through is late, or was held back."""
        run, now = self.run, self._env.now
        self._sharing.count()
        self._admission.count()
        for stage in run.stages:
            late = (stage.begun if run.aborted else stage.devices) - stage.done - stage.failed
            stage.failed += late
        rest = run.devices - run.done - run.failed
        late = self._under_way if run.aborted else rest
        run.failed += late
        run.never_started = rest - late
        if late:
            self._causes[LATE] += late
            run.ended += [(now, False)] * late
        run.causes = dict(self._causes.most_common())
        run.seconds = run.ended[-1][0] if run.ended else now
        run.busy, run.saturated = self._sharing.busy, self._sharing.saturated
        run.slowest, run.full = self._sharing.slowest, self._admission.full
        return run
