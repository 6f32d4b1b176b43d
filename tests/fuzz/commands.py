"""Commands a model knows, with values of any kind: no error of ours, and the module stays alive."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from atwin.at.grammar import Form
from atwin.models import MODELS
from atwin.twin.firmware import CHAPTERS
from fuzz.runner import main
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from random import Random

    from atwin.at.command import Declaration, Parameter
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: These change the form of the answers, or their rate, or wait for data as long as they are told.
LEFT_OUT = ("+IPR", "+ICF", "Q", "V", "+FSWRITE")
COMMANDS: list[Declaration] = [
    declaration
    for chapter in CHAPTERS
    for family in chapter.commands
    for declaration in family.declarations
    if declaration.name not in LEFT_OUT
]
VALUES: tuple[str, ...] = (
    *("0", "1", "2", "3", "5", "10", "255", "256", "65535", "4294967296", "-1", "9" * 20),
    *('"SC"', '"1234"', '"GSM"', '"127.0.0.1"', '"TCP"', '"URL"', '"http://127.0.0.1:9/x"'),
    *('""', '"', "", "abc", "\xff", "1.5", "a" * 300, "414243", "0.0.0.0", '"PSM+"', "R"),
)
#: What may be typed while a prompt waits, or else is junk.
TYPED = (b"hello\x1a", b"\x1b", b"+++", b"x" * 3000, b"\r\n")


class Errors(logging.Handler):
    """What the twin logs as an error of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def attempt(dice: Random) -> None:
    """Some commands to one model, on the virtual clock."""
    log, errors = logging.getLogger("atwin.twin"), Errors()
    log.addHandler(errors)
    sim = dice.choice((None, None, {"pin": "1234"}, {"apn": "a", "apn_user": "b"}))

    async def type_all(twin: Twin, terminal: Terminal) -> None:
        for _ in range(dice.randrange(5, 40)):
            lines = [_line(dice) for _ in range(dice.choice((1, 1, 1, 2)))]
            line = "AT" + ";".join(lines)
            terminal.type(line.encode("latin-1") + dice.choice((b"\r", b"\r\n", b"\n")))
            await terminal.quiet(dice.choice((0.01, 0.1, 2, 10)))
            if dice.random() < 0.2:
                terminal.type(dice.choice(TYPED))
                await terminal.quiet(1)
            if errors.records:
                raise AssertionError(f"{line!r}: {errors.records[0].getMessage()}")
        await see_alive(twin, terminal)

    try:
        on_twin(type_all, dice.choice(MODELS), sim=sim)
    finally:
        log.removeHandler(errors)


def _line(dice: Random) -> str:
    declaration = dice.choice(COMMANDS)
    form = dice.choice(declaration.forms)
    if form is not Form.SET:
        return f"{declaration.name}{form.value}"
    sign = "=" if declaration.name[0] in "+*^" else ""
    return f"{declaration.name}{sign}{','.join(_values(dice, declaration))}"


def _values(dice: Random, declaration: Declaration) -> list[str]:
    known = [_value(dice, parameter) for parameter in declaration.parameters]
    return known[: dice.randrange(len(known) + 1)] if dice.random() < 0.3 else known


def _value(dice: Random, parameter: Parameter) -> str:
    """One that the test form names, or any."""
    named: list[str] = re.findall(r'\d+|"[^"]*"', parameter.kind.shown())
    return str(dice.choice(named if named and dice.random() < 0.7 else VALUES))


async def see_alive(twin: Twin, terminal: Terminal) -> None:
    """Whatever it is in the middle of ends, and AT is answered, unless it has been switched off."""
    terminal.type(b"\x11\x1b")
    await terminal.quiet(3)
    terminal.type(b"+++")
    await terminal.quiet(200)
    twin.module.hardware.modem_lines.set_dtr(False)
    heard = b""
    for _ in range(8):
        terminal.type(b"ATQ0\rATV1\rAT\r")  # answers in words, whatever was set before
        heard += await terminal.quiet(0.4)
    assert b"OK" in heard or not twin.module.is_on


if __name__ == "__main__":
    main(attempt)
