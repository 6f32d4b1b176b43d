"""The host's ways to RESET, PWRKEY and the supply."""

from __future__ import annotations

import asyncio
import json
import sys
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from atwin.line.opener import open_port
from atwin.line.pins import PINS, HostPins, PinError, open_pins
from atwin.line.ports.memory import memory_pair
from support.running.program import twin_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from atwin.line.pins import Pin

near, _ = memory_pair()


@contextmanager
def twin(*options: str | Path) -> Iterator[str]:
    """A twin as another process; the name of its line."""
    with twin_running("--model", "air780e-at", *options) as (_, line):
        yield line


async def level(path: Path, pin: str) -> int:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b'{"get": "state"}\n')
    state = json.loads(await reader.readline())["state"]
    writer.close()
    return int(state["pins"][pin])


def test_by_the_control_socket_of_a_twin(tmp_path: Path) -> None:
    control = tmp_path / "control"

    async def main() -> None:
        pins = open_pins(f"control:{control}", near)
        assert pins.driven == set(PINS)
        with twin("--tcp", "127.0.0.1:0", "--control", control):
            for pin in PINS:
                await pins.drive(pin, False)
                assert await level(control, pin) == 0
                await pins.drive(pin, True)
                assert await level(control, pin) == 1
        with pytest.raises(PinError, match="does the twin run"):
            await pins.drive("reset", False)
        await pins.close()

    asyncio.run(main())


def test_a_pin_is_held_by_whoever_lives_and_found_by_who_comes_next(tmp_path: Path) -> None:
    control = tmp_path / "control"

    async def main() -> None:
        with twin("--tcp", "127.0.0.1:0", "--control", control):
            pins, others = (open_pins(f"control:{control}", near) for _ in range(2))
            await pins.drive("reset", False)
            await pins.close()
            async with asyncio.timeout(10):
                while await level(control, "reset") == 0:
                    pass
            # Set by hand, and forgotten.
            reader, writer = await asyncio.open_unix_connection(str(control))
            writer.write(b'{"set": {"power_key": 0, "reset": 0}}\n')
            assert json.loads(await reader.readline())["ok"]
            writer.close()
            await others.prepare()
            for pin in PINS:
                assert await level(control, pin) == 1
            # A client that has let go of a pin itself has no say in it any more.
            reader, writer = await asyncio.open_unix_connection(str(control))
            writer.write(b'{"hold": "reset"}\n{"set": {"reset": 1}}\n')
            for _ in range(2):
                assert json.loads(await reader.readline())["ok"]
            await others.drive("reset", False)
            writer.close()
            await asyncio.sleep(0)
            assert await level(control, "reset") == 0
            await others.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("control:{tmp}/none", "No such file or directory; does the twin run?"),
        ("command:/nonexistent/pins {{pin}} {{level}}", "no program that can be run"),
        ("command:{tmp}/plain {{pin}} {{level}}", "no program that can be run"),
        ("command:{tmp}/{{pin}}.sh {{level}}", "power_key.sh: no program that can be run"),
    ],
)
def test_means_that_cannot_work_are_found_before_they_are_needed(
    spec: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "plain").write_text("not executable")
    (tmp_path / "reset.sh").write_text("#!/bin/sh\n")
    (tmp_path / "reset.sh").chmod(0o755)
    with pytest.raises(PinError, match=why):
        asyncio.run(open_pins(spec.format(tmp=tmp_path), near).prepare())


def test_finding_out_runs_no_program(tmp_path: Path) -> None:
    script = tmp_path / "pins.sh"
    script.write_text('#!/bin/sh\ntouch "$(dirname "$0")/moved"\n')
    script.chmod(0o755)
    asyncio.run(open_pins(f"command:'{script}' {{pin}} {{level}}", near).prepare())
    assert not (tmp_path / "moved").exists()


def test_by_rts_and_dtr_of_the_port(tmp_path: Path) -> None:
    control = tmp_path / "control"

    async def drive_there(pins: HostPins, pin: Pin, high: bool) -> None:
        await pins.drive(pin, high)
        async with asyncio.timeout(10):
            while await level(control, pin) != int(high):
                pass

    async def main() -> None:
        wires = ("--rts", "reset", "--dtr", "power_key:inverted")
        with twin("--rfc2217", "127.0.0.1:0", "--control", control, *wires) as address:
            port = await open_port(f"rfc2217://{address}")
            pins = open_pins("port:rts=reset,dtr=power_key:inverted", port)
            assert pins.driven == {"reset", "power_key"}
            await pins.let_go()
            for pin in ("reset", "power_key"):
                while await level(control, pin) != 1:
                    pass
            for high in (False, True, False, True):
                await drive_there(pins, "reset", high)
                await drive_there(pins, "power_key", high)
            await pins.close()
            await port.close()

    asyncio.run(main())


def test_a_pty_has_no_rts_to_drive_pins_with(tmp_path: Path) -> None:
    async def main() -> None:
        with twin("--pty", tmp_path / "tty") as path:
            port = await open_port(path)
            with pytest.raises(PinError, match="is a PTY and has no RTS"):
                await open_pins("port:rts=reset", port).drive("reset", False)
            await port.close()

    asyncio.run(main())


def test_by_a_program(tmp_path: Path) -> None:
    script = tmp_path / "pins.sh"
    script.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/log"\n')
    script.chmod(0o755)

    async def main() -> None:
        pins = open_pins(f"command:'{script}' --pin={{pin}} {{level}}", near)
        await pins.drive("supply", False)
        await pins.drive("supply", True)

    asyncio.run(main())
    assert (tmp_path / "log").read_text() == "--pin=supply 0\n--pin=supply 1\n"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("false {pin} {level}", "false reset 0: exit code 1"),
        ("sh -c 'echo a; echo no relay >&2; exit 3' {pin} {level}", "exit code 3: no relay"),
        ("/nonexistent/pins {pin} {level}", "No such file or directory; check the command"),
    ],
)
def test_a_program_that_fails(command: str, why: str) -> None:
    with pytest.raises(PinError, match=why) as refused:
        asyncio.run(open_pins(f"command:{command}", near).drive("reset", False))
    assert "\n" not in str(refused.value)


def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from atwin.line.pins import program

    monkeypatch.setattr(program, "_RUN_TIME", 0.05)
    command = "command:sh -c 'exec sleep 1000' {pin} {level}"
    with pytest.raises(PinError, match="not done in"):
        asyncio.run(open_pins(command, near).drive("reset", False))


class FakeGpiod(types.ModuleType):
    """As much of gpiod 2 as is used, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__("gpiod")
        self.asked: list[object] = []

    class ClientSettings(types.SimpleNamespace):
        pass

    def request_lines(self, chip: str, *, consumer: str, config: dict[int, Any]) -> FakeGpiod:
        if chip != "/dev/gpiochip0":
            raise FileNotFoundError(2, "No such file or directory")
        shown = {offset: (s.active_low, s.output_value) for offset, s in config.items()}
        self.asked.append((consumer, shown))
        return self

    def set_value(self, offset: int, value: str) -> None:
        self.asked.append((offset, value))

    def release(self) -> None:
        self.asked.append("released")


@pytest.fixture
def gpiod(monkeypatch: pytest.MonkeyPatch) -> FakeGpiod:
    fake, line = FakeGpiod(), types.ModuleType("gpiod.line")
    for name, value in {
        "Value": types.SimpleNamespace(ACTIVE="active", INACTIVE="inactive"),
        "Direction": types.SimpleNamespace(OUTPUT="output"),
    }.items():
        setattr(line, name, value)
    monkeypatch.setitem(sys.modules, "gpiod", fake)
    monkeypatch.setitem(sys.modules, "gpiod.line", line)
    return fake


def test_by_gpio_lines(gpiod: FakeGpiod) -> None:
    async def main() -> None:
        pins = open_pins("gpiod:/dev/gpiochip0:reset=17,power_key=27:inverted", near)
        assert pins.driven == {"reset", "power_key"}
        await pins.drive("reset", False)
        await pins.drive("power_key", True)
        await pins.close()

    asyncio.run(main())
    # Nothing is pulled low by opening them.
    assert gpiod.asked == [
        ("atwin", {17: (False, "active"), 27: (True, "active")}),
        (17, "inactive"),
        (27, "active"),
        "released",
    ]


def test_a_chip_that_is_not_there(gpiod: FakeGpiod) -> None:
    with pytest.raises(PinError, match="check chip and line numbers"):
        open_pins("gpiod:/dev/gpiochip9:reset=1", near)


def test_gpiod_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(PinError, match="gpiod is not installed"):
        open_pins("gpiod:/dev/gpiochip0:reset=1", near)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "control",
        "control:",
        "port:",
        "port:rts",
        "port:rts=power",
        "port:cts=reset",
        "port:rts=reset:backwards",
        "port:rts=reset,dtr=reset",
        "port:rts=reset,rts=power_key",
        "gpiod:/dev/gpiochip0",
        "gpiod:/dev/gpiochip0:reset=x",
        "gpiod:/dev/gpiochip0:led=1",
        "gpiod:/dev/gpiochip0:reset=17,power_key=17",
        "gpiod:/dev/gpiochip0:reset=17,reset=18",
        "command:",
        "command:./pins.sh",
        "command:./pins.sh {pin}",
        "command:'./pins.sh {pin} {level}",
        "magic:wand",
    ],
)
def test_a_spec_that_cannot_be_meant(spec: str) -> None:
    with pytest.raises(PinError) as refused:
        open_pins(spec, near)
    text = str(refused.value)
    assert "\n" not in text
    assert "must" in text or "one wire" in text or "No closing quotation" in text
