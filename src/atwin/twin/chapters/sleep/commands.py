"""The commands of sleep, of the ring indicator, and of the lights (docs/spec/general.md §1.1)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

from atwin.at import command
from atwin.at.kinds import BadArgument, OneOf, Range, Text
from atwin.at.reply import Reply
from atwin.twin.chapters.sleep.ring import NEEDLE
from atwin.twin.chapters.sleep.service import MODES, PSM, PowerMode, SleepService
from atwin.twin.engine.run import Commands, Run

#: The shortest time of a light that is not 0, in milliseconds.
_SHORTEST = 40


class SleepCommands(Commands):
    """When the module sleeps: what it hears then, and what wakes it (docs/spec/general.md §1)."""

    title = "Sleep"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._sleep = self.values = run.find(SleepService)

    @command.set("+CSCLK")
    def set_csclk(self, mode: Annotated[int, Range(0, "csclk_max")]) -> None:
        """Sleep: 0 never, 1 while DTR is high, 2 when the line is quiet, 3 the same but deeper.

        The first line that a sleeping module is sent gets lost. AT&W saves the mode.
        """
        self.run.settings.csclk = mode
        self._sleep.follow()

    @command.read("+CSCLK")
    def csclk(self) -> str:
        """The sleep mode."""
        return f"+CSCLK: {self.run.settings.csclk}"

    @command.test("+CSCLK")
    def csclk_modes(self) -> str:
        """The sleep modes of this model."""
        modes = range(self.run.profile.limit("csclk_max") + 1)
        return f"+CSCLK: ({','.join(map(str, modes))})"

    waketim = command.Setting(
        "+WAKETIM",
        "seconds",
        Range(0, 65),
        "Seconds without a byte after which the module sleeps.",
        read="Seconds without a byte after which the module sleeps.",
        test=False,
    )

    rtime = command.Setting(
        "*RTIME",
        "seconds",
        Range(0, 20),
        "The same after data went over the network, with AT+CSCLK=3; 0 as without.",
        read="Seconds after data until the module sleeps; 0 is those of AT+WAKETIM.",
        test=False,
    )

    @command.set("+POWERMODE", needs="lowpower")
    def set_power_mode(
        self,
        mode: Annotated[str, Text("mode")],
        first: Annotated[int | None, Range(0, 4_294_967_295)] = None,
        second: Annotated[int, OneOf(0, 1)] = 0,
    ) -> None:
        """Low power: "PRO" and "STD" sleep when idle, "PSM+" switches nearly all off, "CLOSE" ends.

        <first>: for PSM+ the seconds between two pulses of RI. <second>: for PSM+ 1 leaves the
        network first. It is kept by itself.
        """
        mode = mode.upper()
        if mode not in MODES or (mode != PSM and first not in (None, 0, 1)):
            raise BadArgument(mode)
        self._sleep.set_power(PowerMode(mode, -1 if first is None else first, second))

    @command.read("+POWERMODE", needs="lowpower")
    def power_mode(self) -> str:
        """The low power mode."""
        return f"+POWERMODE: {self._sleep.power}"


class RingCommands(Commands):
    """When the pin RI has low pulses, and of what shape (docs/spec/general.md §1.3)."""

    title = "Ring indicator"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._ring = run.find(SleepService).ring

    @command.set("+CFGRI")
    def set_pulses(
        self,
        data: Annotated[int, OneOf(0, 1)],
        high: Annotated[int, Range(1, 65_535)] = 120,
        low: Annotated[int, Range(1, 65_535)] = 120,
        count: Annotated[int, Range(1, 255)] = 1,
    ) -> None:
        """Pulses for data too (1), or for messages only (0); their times in ms, and their number.

        It is kept after AT+CFGRISAVE=1 only.
        """
        self._ring.shape(data, high, low, count)

    @command.read("+CFGRI")
    def pulses(self) -> str:
        """Whether RI has pulses for data."""
        return f"+CFGRI: {self._ring.settings.data}"

    @command.set("+CFGRISAVE")
    def set_kept(self, kept: Annotated[int, OneOf(0, 1)]) -> None:
        """Keep what AT+CFGRI sets (1), or not (0). It is kept by itself."""
        self._ring.keep(kept)

    @command.read("+CFGRISAVE")
    def kept(self) -> str:
        """Whether AT+CFGRI is kept."""
        return f"+CFGRISAVE: {self._ring.settings.kept}"

    @command.set("^WAKEUPHEX", needs="wakeuphex")
    def set_needle(self, text: Annotated[str, Text("str")]) -> None:
        """Pulses only for URCs that contain these bytes: hex of printable ASCII; "" for all."""
        if text.strip() and not NEEDLE.fullmatch(text):
            raise BadArgument(text)
        self._ring.needle = text.strip()

    @command.read("^WAKEUPHEX", needs="wakeuphex")
    def needle(self) -> str:
        """The bytes that a URC needs for a pulse."""
        return f"^WAKEUPHEX: {self._ring.needle}"

    @command.test("^WAKEUPHEX", needs="wakeuphex")
    def needles(self) -> str:
        """The form of AT^WAKEUPHEX."""
        return '^WAKEUPHEX="str"'

    @command.set("+CFG")
    def configure(
        self, name: Annotated[str, Text("urcdelay")], ms: Annotated[int, Range(0, 10_000)]
    ) -> None:
        """Say a URC that has a pulse this many milliseconds after the pulse began."""
        if name.lower() != "urcdelay":
            raise BadArgument(name)
        self._ring.delay = ms / 1000


class LightCommands(Commands):
    """The lights of the board, which nobody sees on a twin (docs/spec/general.md §1.1)."""

    title = "Lights"
    effect = False

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.values = SimpleNamespace(netlight=1)
        self._times = {1: (200, 1800), 2: (1800, 200), 3: (125, 125)}

    netlight = command.Setting(
        "+CNETLIGHT",
        "on",
        OneOf(0, 1),
        "The light of the network: 0 off, 1 on.",
        read="Whether the light of the network is on.",
        test=False,
    )

    @command.set("+SLEDS")
    def set_times(
        self,
        state: Annotated[int, Range(1, 3)],
        on: Annotated[int, Range(0, 65_535)],
        off: Annotated[int, Range(0, 65_535)],
    ) -> None:
        """How the light blinks: 1 no network, 2 registered, 3 with data; ms on and off."""
        for time in (on, off):
            if 0 < time < _SHORTEST:
                raise BadArgument(str(time))
        self._times[state] = (on, off)

    @command.read("+SLEDS")
    def times(self) -> Reply:
        """How the light blinks in each of the three states."""
        return Reply(tuple(f"+SLEDS: {n},{on},{off}" for n, (on, off) in self._times.items()))

    @command.test("+SLEDS")
    def all_times(self) -> str:
        """What AT+SLEDS takes."""
        return f"+SLEDS: (1-3),({_SHORTEST}~65535),({_SHORTEST}~65535)"
