"""A whole virtual module on a port, ready made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from atwin.clock import LoopClock
from atwin.disk.state import StateDirectory
from atwin.line.frame import RATES, HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.line.uart.uart import Uart
from atwin.models import Profile, load_profile
from atwin.net.hosts import Hosts, HostsNetwork
from atwin.net.meter.metered import MeteredNetwork
from atwin.net.network import DNS_PORT
from atwin.net.real import RealNetwork
from atwin.net.traced import TracedNetwork
from atwin.trace import NO_TRACE, Trace
from atwin.twin.board.hardware import Hardware
from atwin.twin.board.kept import kept_flash, kept_nvram, kept_sim
from atwin.twin.board.rtc import Rtc
from atwin.twin.board.sim import Card, Identity, Sim
from atwin.twin.board.surroundings import Surroundings
from atwin.twin.board.traffic import Traffic
from atwin.twin.chapters.sleep.service import SleepService
from atwin.twin.engine.pool import LIMIT
from atwin.twin.engine.second_port import SecondPort
from atwin.twin.fresh import Made
from atwin.twin.module import Module
from atwin.twin.pins import Pins, Wiring

if TYPE_CHECKING:
    from atwin.clock import Clock
    from atwin.line.port import Port
    from atwin.line.traced import LineTrace
    from atwin.line.uart.host_receiver import HostFifo
    from atwin.net.network import Network
    from atwin.twin.chapters.answered.calls import Calls
    from atwin.twin.chapters.network.radio import Radio
    from atwin.twin.faults.engine import Faults
    from atwin.twin.faults.plan import FaultPlan
    from atwin.twin.script.answers import Answers, Scripted
    from atwin.twin.script.written import Lines, Script


class Twin:
    """A module of `model`, switched on. Make it inside a running loop.

    `model` is a name of `atwin models`, a path that ends with .toml, or a profile. Without `port`
    (the module's end of a line) it gets a line of its own, whose host's end is `twin.port`; without
    `network` it has the one of this computer.

    `warm` (the default) is a module that was powered long ago: booted and registered, its boot
    text long gone. `warm=False` boots from power-off, with the times of docs/spec/power.md §3 times
    `time_scale`. With `baud`, in bit/s, the line takes its time, the host's end running at that
    rate where the port gives no other; `host_fifo` models the host's receiver; `wiring` puts the
    host's RTS or DTR on RESET or PWRKEY. The same `seed` gives the same IMEI, IMSI, ICCID and
    line noise. With `state`, a directory, NVRAM, files and SIM card outlive this process. `faults`
    is what goes wrong, and when; more can be added to `faults` of the twin. `trace` hears all that
    happens: the dialogue at the module's end of the line, line, network, power. `sim` is the card:
    `pin` and `puk` of one that is locked, `apn`, `apn_user`, `apn_password` and `apn_auth` (none,
    pap or chap) of a private one, to which the network gives a PDP with these alone. `dns_port` is
    where the name servers of AT+CDNSCFG listen. `hosts` says which `NAME[:PORT]` leads to which
    `ADDRESS[:PORT]`: `{"ota.example.com": "127.0.0.1:8080", "*.example.org": …}`; it can be changed
    in `hosts` of the twin. With `offline` there is nothing else to be reached. `script` is what it
    answers and says in place of its own (docs/howto/answers.md).
    """

    def __init__(
        self,
        model: str | Path | Profile = "air724ug",
        port: Port | None = None,
        *,
        network: Network | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        warm: bool = True,
        time_scale: float = 1.0,
        baud: int | None = None,
        host_fifo: HostFifo | None = None,
        wiring: Wiring | None = None,
        state: StateDirectory | str | Path | None = None,
        faults: FaultPlan | None = None,
        trace: Trace = NO_TRACE,
        dns_port: int = DNS_PORT,
        sim: Mapping[str, str] | None = None,
        hosts: Mapping[str, str | tuple[str, int]] | None = None,
        offline: bool = False,
        script: Script | Mapping[str, Any] | None = None,
    ) -> None:
        """Raises `UnknownModelError`, `StateError` for a directory that cannot be used, and
        `ValueError` for a rate, a seed, a time scale, a card, a name or a script that cannot be.
        """
        if isinstance(script, Mapping):
            from atwin.twin.script.written import Script

            script = Script.from_table(script)
        card = None if sim is None else Card.of(sim)
        names = Hosts(hosts) if hosts or offline else None
        known = dict(names or {})
        if names is not None:
            names.offline = offline
        _check(baud, seed, time_scale)
        clock = clock or LoopClock()
        profile = model if isinstance(model, Profile) else load_profile(model)
        wiring = wiring or Wiring()
        traffic = Traffic()
        self._host_end: Port | None = None
        if port is None:
            self._host_end, port = _own_line(profile.key, baud)
        self._metered = MeteredNetwork(network or RealNetwork(), lambda: traffic.boot)
        trace.notes(
            "module",
            profile.key,
            seed=seed,
            buffer=profile.limit("http_buffer"),
            connections=LIMIT,
            rate=baud,
        )
        with ExitStack() as stack:
            if isinstance(state, str | Path):
                state = stack.enter_context(StateDirectory(state, profile.key))
            nvram, flash = kept_nvram(state), kept_flash(profile, state)
            inserted = kept_sim(state, card)
            self._own_state = None if state is None else stack.pop_all()
        self._made = Made(profile, inserted.card, known, offline, faults, script)
        uart = Uart(
            port,
            clock,
            baud=baud,
            host_fifo=host_fifo,
            rts_stops=wiring.rts is None,
            seed=seed,
            watch=_line_trace(trace),
        )
        self.module = Module(
            Hardware(
                profile=profile,
                uart=uart,
                network=self._traced(self._metered, trace),
                traffic=traffic,
                clock=clock,
                identity=Identity.from_seed(seed),
                rtc=Rtc(clock),
                nvram=nvram,
                flash=flash,
                surroundings=Surroundings(profile.value("battery_mv")),
                sims=[inserted, Sim(present=False)],
                trace=trace,
                dns_port=dns_port,
                time_scale=time_scale,
            )
        )
        self.module.hardware.modem_lines.on_ri.append(uart.show_ri)
        uart.tell(self.module.hardware.happened)
        self.pins = Pins(self.module)
        if names is not None:
            self._set_hosts(names)
        self._faults: Faults | None = None
        self._seed = seed if faults is None else faults.seed
        if faults is not None:
            self.faults.follow(faults)
        self.module.power_on(warm=warm)
        self._answers: Answers | None = None
        if script is not None:
            self.answers.follow(script)
        uart.host.on_outputs = partial(wiring.drive, self.pins)

    @property
    def port(self) -> Port:
        """The host's end of the line, for one `Modem(twin.port)`: it ends with that.

        Raises `RuntimeError` when the twin was given the module's end of a line.
        """
        if self._host_end is None:
            raise RuntimeError("the host's end of this line is with whoever made the line")
        return self._host_end

    @property
    def radio(self) -> Radio:
        """The radio of the current run. Raises RuntimeError while the module is off."""
        if self.module.firmware is None:
            raise RuntimeError("the module is off")
        return self.module.firmware.radio

    def pull_card(self) -> None:
        """Take the SIM card out."""
        firmware = self.module.firmware
        if firmware is not None:
            firmware.radio.pull_sim()
        self.module.hardware.sim.present = False

    def insert_card(self, card: Card | None = None) -> None:
        """Put a SIM card in: `card`, or the one that was pulled."""
        hardware, firmware = self.module.hardware, self.module.firmware
        if card is not None and not hardware.sim.present:
            hardware.change_card(card)
        if firmware is not None:
            firmware.radio.insert_sim()
        hardware.sim.present = True

    def change_cell(self, **values: object) -> None:
        """Change the network in reach, as `{"set": {"cell": …}}` of the control socket does.

        `values` are fields of `Cell`: signal, band, place, neighbours … The module notices. Raises
        `ValueError` for what makes no cell.
        """
        self.module.hardware.cell.change(values)
        if self.module.firmware is not None and not self.module.hung:
            self.radio.look_around()

    @property
    def calls(self) -> Calls:
        """The voice calls of the current run. Raises RuntimeError while the module is off."""
        from atwin.twin.chapters.answered.calls import Calls  # what few ask for is not loaded

        if self.module.firmware is None:
            raise RuntimeError("the module is off")
        return self.module.firmware.find(Calls)

    @property
    def asleep(self) -> bool:
        """Whether the module sleeps (AT+CSCLK)."""
        firmware = self.module.firmware
        service = firmware.found(SleepService) if firmware is not None else None
        return service is not None and service.asleep and not self.module.hung

    @property
    def hosts(self) -> Hosts:
        """Which names lead elsewhere, as a table that may be changed; `hosts.offline` too.

        Connections that are open stay.
        """
        hosts = self.module.hardware.hosts
        return self._set_hosts(Hosts()) if hosts is None else hosts

    def _set_hosts(self, hosts: Hosts) -> Hosts:
        self.module.hardware.hosts = hosts
        self._metered.inner = HostsNetwork(self._metered.inner, hosts)
        return hosts

    @property
    def traffic(self) -> Traffic:
        """What the module has sent and received, as the operator counts it."""
        return self.module.hardware.traffic

    @property
    def has_faults(self) -> bool:
        """Whether a plan, or somebody since, has asked for `faults`."""
        return self._faults is not None

    @property
    def faults(self) -> Faults:
        """What goes wrong. Only the first to ask has taps and a `FaultyNetwork` laid in.

        Connections that are open by then are met by none of its faults.
        """
        if self._faults is None:
            from atwin.twin.faults.engine import Faults
            from atwin.twin.faults.faulty_network import FaultyNetwork
            from atwin.twin.faults.victim import Victim

            hardware = self.module.hardware
            network = FaultyNetwork(self._metered, hardware.clock, seed=self._seed)
            hardware.network = self._traced(network, hardware.trace)
            self._faults = Faults(Victim(self.module, self.pins, network))
        return self._faults

    @property
    def has_answers(self) -> bool:
        """Whether a script, or somebody since, has asked for `answers`."""
        return self._answers is not None

    @property
    def answers(self) -> Answers:
        """What is scripted. Only the first to ask has taps laid in."""
        if self._answers is None:
            from atwin.twin.script.answers import Answers

            self._answers = Answers(self.module)
        return self._answers

    def answer(self, command: str, lines: Lines = (), **keys: Any) -> Scripted:
        """Answer `command` with `lines` from now on, in place of the module's own.

        `keys` are the others of `[[answer]]` (docs/howto/answers.md): `match`, `result`, `delay`,
        `times`, `after`, `prompt`, `data`, `urc`, `urc_delay`. Raises `ValueError`.
        """
        from atwin.twin.script.written import Stub, row_from_table

        return self.answers.add(row_from_table(Stub, {"command": command, "lines": lines, **keys}))

    def urc(self, text: Lines, **keys: Any) -> Scripted:
        """Say `text` unasked: now, `delay` seconds from now, or after each `command`.

        `keys` are the others of `[[urc]]` (docs/howto/answers.md). Raises `ValueError`, and
        `RuntimeError` while the module is off.
        """
        from atwin.twin.script.written import Saying, row_from_table

        saying = row_from_table(Saying, {"text": text, **keys})
        if not self.has_run and saying.is_now:
            raise RuntimeError("the module is off")
        return self.answers.add(saying)

    async def at(
        self, command: str, seconds: float = 10, data: bytes | None = None
    ) -> tuple[list[str], str]:
        """Type `command` into a second AT port: the lines of its answer, and the result.

        The host's line hears nothing of it but URCs, and may be busy with anything. `data` is for
        a prompt, all it asks for. Raises `ValueError` if it is not a command line, or lacks its
        data, `TimeoutError` after `seconds` without a result, and `RuntimeError` while the module
        is off, starts, hangs, or when it goes off before it has answered.
        """
        if self.module.firmware is None:
            raise RuntimeError("the module is off")
        return await self.module.firmware.find(SecondPort).ask(command, seconds, data)

    @property
    def unmatched(self) -> dict[str, str]:
        """What of the script has not happened, and why: by its command, or else its text."""
        answers = self._answers.scripted if self._answers is not None else ()
        return {one.row.name: why for one in answers if (why := one.why_never)}

    @property
    def has_run(self) -> bool:
        """Whether the firmware runs."""
        return self.module.firmware is not None and not self.module.hung

    def _traced(self, network: Network, trace: Trace) -> Network:
        return TracedNetwork(network, trace, self._address) if trace.on else network

    def _address(self) -> str | None:
        firmware = self.module.firmware
        return None if firmware is None else firmware.radio.address

    def fresh(self, boot: Literal["warm", "cold"] = "warm") -> None:
        """Start again as from the factory, with what the twin was made with, on the same line.

        NVRAM and files are erased, in the state directory too. Names, answers, faults, SIM card,
        cell and surroundings are as they were at the beginning, pins and the host's outputs are
        let go. `boot`: on for a while already, or from power-off. Counters go on. Raises
        `StateError`, and goes on as it is, when the directory cannot be written.
        """
        made, hardware = self._made, self.module.hardware
        made.erase(hardware)
        hardware.happened("fresh, as from the factory")
        if self._faults is not None:
            self._faults.clear()
        if self._answers is not None:
            self._answers.clear()
        self.module.cut_power()
        self.pins.let_go()
        made.restore(hardware)
        for output in ("rts", "dtr"):
            hardware.uart.drive(output, None)
        if self._faults is not None:
            self._faults.start_over(made.faults)
        self.module.power_on(warm=boot == "warm")
        if made.script is not None:
            self.answers.follow(made.script)
        hardware.uart.host.tell_outputs()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Switch off and let go of the port."""
        if self._faults is not None:
            self._faults.close()
        await self.module.close()
        await self._metered.close()
        if self._own_state is not None:
            self._own_state.close()


def _line_trace(trace: Trace) -> LineTrace | None:
    if not trace.on:
        return None
    from atwin.line.traced import LineTrace

    return LineTrace(trace)


def _check(baud: object, seed: object, time_scale: object) -> None:
    """What is wrong here would be a module that never answers, or an error far from its cause."""
    if baud is not None and baud not in RATES:
        raise ValueError(f"baud={baud!r}: give one of {', '.join(map(str, RATES))}")
    if not isinstance(seed, int):
        raise ValueError(f"seed={seed!r}: give a whole number")
    if not isinstance(time_scale, int | float) or not 0 <= time_scale < math.inf:
        raise ValueError(f"time_scale={time_scale!r}: give a number, 0 or more")


def _own_line(name: str, baud: int | None) -> tuple[Port, Port]:
    """Two ends in memory, the host's first and set to `baud`."""
    ours, its = memory_pair(f"twin://{name}")
    ours.set_line(HostSettings(baud))
    return ours, its
