"""Downloads under random fault plans, on the virtual clock.

    python -m bench.faults                    1,000 seeds from 0 on
    python -m bench.faults --seeds 300-399
    python -m bench.faults --seed 314         one of them, with everything on the line
    python -m bench.faults --new 2000         so many that nobody ran before

Each seed is another module, line, file and plan. A run is good when the file that came is the
right one, or when it ended with a documented exit code and a second run, without faults, goes on
to the right file. Where the module was itself the trouble it must have ended after the whole
ladder, or when its time was up; and no more than two actions in a row may have been started on a
bearer that is closed. Six hours of line time for one file are a hang.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.host.recovery.ladder import wants_a_person
from atwin.host.recovery.recovery import is_modules_own
from atwin.host.recovery.rungs import ANSWERING, SILENT
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.line.uart.host_receiver import HostFifo
from atwin.models import MODELS
from atwin.session.opening import TwinPins
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.bearer import Bearers
from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.dice import Dice
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from atwin.at.grammar import Command
    from atwin.host.download.order import Strategy
    from atwin.twin.faults.plan import FaultPlan

#: Virtual seconds for one run, and real seconds for both of a seed: beyond is a hang. The slowest
#: drip needs three hours for the largest file, and a stream bears that.
LONGEST = 6 * 3600.0
REAL_LONGEST = 120
#: Actions in a row on a closed bearer: the second may be under way when the URC of its loss comes.
MOST_ON_CLOSED = 2
EXIT_CODES = (1, 2, 3, 4, 5)
URL = "http://files.example/firmware.bin"


class HangError(BaseException):
    """A run did not come to an end: nothing may take it for an error of its own."""


@dataclass(frozen=True)
class Schedule:
    """What a seed stands for."""

    seed: int
    model: str
    strategy: Strategy
    content: Generated
    baud: int | None
    fifo: HostFifo | None
    #: Whether the host knows the hash beforehand.
    hash_known: bool
    plan: FaultPlan

    @classmethod
    def of(cls, seed: int) -> Schedule:
        dice = Dice(seed + 1_000_000_007)
        model = dice.choice(MODELS)
        content = Generated(dice.whole(300_000, 1_000_000), seed)
        baud = dice.choice((None, 115200, 230400, 921600))
        fifo = None
        if baud is not None and dice.fraction() < 0.5:
            fifo = HostFifo(dice.choice((2048, 16384)), dice.choice((20_000.0, 200_000.0)))
        strategy: Strategy = dice.choice(("auto", "auto", "range"))
        hash_known = dice.fraction() < 0.3
        return cls(seed, model, strategy, content, baud, fifo, hash_known, random_plan(seed))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.read(0, self.content.size)).hexdigest()

    def __str__(self) -> str:
        fifo = f", FIFO {self.fifo.size} at {self.fifo.drain:g}/s" if self.fifo else ""
        line = f"{self.baud or 'no line time'}{fifo}"
        faults = "; ".join(map(str, self.plan.faults))
        return f"{self.model}, {line}, {self.strategy}, {self.content.size} bytes: {faults}"


@dataclass(frozen=True)
class Outcome:
    """How a seed ended: `done`, `exit N`, or what is wrong."""

    seed: int
    ended: str
    wrong: str = ""
    detail: str = ""
    seconds: float = 0.0
    fired: tuple[str, ...] = ()
    helped: tuple[str, ...] = ()


class Runner:
    """Both runs of one schedule."""

    def __init__(self, schedule: Schedule, folder: Path, *, trace: bool = False) -> None:
        self.schedule = schedule
        self.target = folder / "firmware.bin"
        self.trace = trace
        self.fired: tuple[str, ...] = ()
        self.helped: tuple[str, ...] = ()
        self.seconds = 0.0
        self.on_closed = MostOnClosed()

    def outcome(self) -> Outcome:
        ended, wrong, detail = "done", "", ""
        try:
            error = run_virtual(self.download(self.schedule.plan))
            if error is not None:
                ended, detail = f"exit {error.exit_code}", f"{type(error).__name__}: {error}"
                wrong = self.failed_badly(error)
            elif not self.right():
                wrong = "WRONG FILE"
            if not wrong and error is not None:
                again = run_virtual(self.download(None))
                if again is not None:
                    wrong, detail = "NOT RESUMABLE", f"{detail} | then {again}"
                elif not self.right():
                    wrong = "WRONG FILE AFTER RESUMING"
            if not wrong and self.on_closed.most > MOST_ON_CLOSED:
                wrong = f"{self.on_closed.most} ACTIONS IN A ROW ON A CLOSED BEARER"
        except (HangError, TimeoutError):
            wrong, detail = "HANG", traceback.format_exc()
        except Exception:
            wrong, detail = "TRACEBACK", traceback.format_exc()
        return Outcome(
            self.schedule.seed, ended, wrong, detail, self.seconds, self.fired, self.helped
        )

    def failed_badly(self, error: HostError) -> str:
        if error.exit_code not in EXIT_CODES:
            return f"UNDOCUMENTED EXIT CODE {error.exit_code}"
        if self.target.exists():
            return "A FILE WITH AN ERROR"
        return "" if ladder_was_climbed(error) else "ENDED BELOW THE TOP OF THE LADDER"

    def right(self) -> bool:
        data = self.target.read_bytes()
        return hashlib.sha256(data).hexdigest() == self.schedule.sha256

    async def download(self, plan: FaultPlan | None) -> HostError | None:
        """One process of the host, with a fresh module; how it failed, if it did."""
        schedule, clock = self.schedule, LoopClock()
        origin = Origin({"/firmware.bin": File(schedule.content)}, wall=clock.wall)
        network = SimulatedNetwork(clock, latency=0.02)
        network.serve("files.example", 80, origin.handle)
        near, far = memory_pair()
        near.set_line(HostSettings(schedule.baud))
        twin = Twin(
            schedule.model,
            far,
            network=network,
            seed=schedule.seed,
            baud=schedule.baud,
            host_fifo=schedule.fifo,
            faults=plan,
        )
        # As `atwin get` on a twin: every rung of the ladder is there.
        async with twin, Modem(near, pins=TwinPins(twin)) as modem:
            self.on_closed.listen(twin)
            if self.trace:
                self.listen(modem)
            try:
                async with asyncio.timeout(LONGEST):
                    climbed = await modem.recover()
                    result = await modem.download(
                        URL,
                        self.target,
                        strategy=schedule.strategy,
                        sha256=schedule.sha256 if schedule.hash_known else None,
                    )
                    helped = (*climbed, *result.recovery)
                    self.helped += tuple(rung.rung for rung in helped if rung.helped)
            except HostError as error:
                return error
            finally:
                self.seconds += clock.now()
                self.fired += tuple(
                    each.fault.KIND for each in twin.faults.history if each.what == "begins"
                )
        return None

    def listen(self, modem: Modem) -> None:
        modem.channel.on_log(
            lambda entry: print(f"{entry.time:10.3f} {entry.direction} {entry.text}")
        )


class MostOnClosed:
    """Hears the commands of a twin: the longest row of actions on a bearer that was closed."""

    def __init__(self) -> None:
        self.most = self._row = 0

    def listen(self, twin: Twin) -> None:
        taps = twin.module.hardware.taps
        before = taps.command

        def command(asked: Command) -> None:
            firmware = twin.module.firmware
            if asked.name in ("+HTTPACTION", "+HTTPEXACTION") and firmware is not None:
                self._row = 0 if firmware.find(Bearers).ready(1) else self._row + 1
                self.most = max(self.most, self._row)
            if before is not None:
                before(asked)

        taps.command = command


def ladder_was_climbed(error: HostError) -> bool:
    """Whether nothing was left to try, or no time, if the module was the trouble."""
    text = str(error)
    if not is_modules_own(error) or wants_a_person(error) or "given up" in text:
        return True
    tried = text.partition("tried in vain: ")[2].partition(";")[0].split(", ")
    answering = {rung.name for rung in ANSWERING}
    silent = {rung.name for rung in SILENT if rung.needs}
    return answering <= set(tried) or silent <= set(tried)


class _VirtualTime(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        now = asyncio.get_running_loop().time()
        return f"{now:10.3f} # {record.name}: {record.getMessage()}"


def run_seed(seed: int, *, trace: bool = False) -> Outcome:
    """The whole of a seed, in a folder of its own."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise HangError(f"{REAL_LONGEST} real seconds")

    logging.getLogger("atwin").setLevel(logging.INFO if trace else logging.CRITICAL)
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(0 if trace else REAL_LONGEST)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return Runner(Schedule.of(seed), Path(folder), trace=trace).outcome()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run_one(seed: int) -> int:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_VirtualTime())
    logging.getLogger("atwin").addHandler(handler)
    print(Schedule.of(seed))
    outcome = run_seed(seed, trace=True)
    print(f"{outcome.ended} {outcome.wrong}\n{outcome.detail}")
    return 1 if outcome.wrong else 0


def run_all(seeds: Iterable[int]) -> int:
    """Every seed on every processor; the failing ones, and what the others came to."""
    began = time.monotonic()
    ends: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    rungs: Counter[str] = Counter()
    details: Counter[str] = Counter()
    bad: list[Outcome] = []
    virtual = 0.0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(run_seed, seeds, chunksize=4):
            ends[outcome.wrong or outcome.ended] += 1
            kinds.update(outcome.fired)
            rungs.update(outcome.helped)
            details.update([outcome.detail.partition(":")[0]] if outcome.detail else [])
            virtual += outcome.seconds
            if outcome.wrong:
                bad.append(outcome)
                print(f"seed {outcome.seed}: {outcome.wrong}: {outcome.detail.strip()}")
                print(f"  {Schedule.of(outcome.seed)}", flush=True)
    print(
        f"{ends.total()} seeds in {time.monotonic() - began:.0f} s, {virtual / 3600:.0f} h of line"
    )
    print(", ".join(f"{end}: {count}" for end, count in sorted(ends.items())))
    print("rungs that helped:", ", ".join(f"{rung} {n}" for rung, n in rungs.most_common()))
    print("faults that began:", ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    print("failures:", ", ".join(f"{name} {n}" for name, n in details.most_common()))
    print(f"failing seeds: {', '.join(str(outcome.seed) for outcome in bad) or 'none'}")
    return 1 if bad else 0


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r}: a number of seeds, or FIRST-LAST")
    return range(int(first), int(last) + 1) if last else range(int(first))


def main() -> int:
    parser = argparse.ArgumentParser(description="Downloads under random fault plans.")
    parser.add_argument("--seeds", type=_seeds, default=range(1000), metavar="N|FIRST-LAST")
    parser.add_argument("--seed", type=int, metavar="N", help="one seed, with its trace")
    parser.add_argument("--new", type=int, metavar="N", help="so many seeds nobody used before")
    wanted = parser.parse_args()
    if wanted.new is not None:
        first = random.SystemRandom().randrange(10**9, 10**12)
        print(f"seeds {first}-{first + wanted.new - 1}")
        return run_all(range(first, first + wanted.new))
    return run_all(wanted.seeds) if wanted.seed is None else run_one(wanted.seed)


if __name__ == "__main__":
    sys.exit(main())
