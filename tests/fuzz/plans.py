"""Plans of faults: taken, or refused as a usage error."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.cli.says import one_line
from atwin.host.errors import OptionError
from atwin.session.plans import load_plan
from atwin.twin.faults.kinds import KINDS
from fuzz.runner import main

if TYPE_CHECKING:
    from random import Random

KEYS = (
    "kind", "at_time", "at_byte", "at_action", "at_command", "nth", "at_connection", "seconds",
    "count", "until", "times", "host", "after", "rate", "bytes", "every", "bandwidth", "x",
    '"\\u001b"',
)  # fmt: skip
VALUES = (
    "0", "1", "-1", "1.5", "inf", "nan", "1e400", "9" * 30, "9" * 5000, "'x'", "''", "true", "[]",
    "{}", "1979-05-27", "07:32:00", '"\\u001b[2J"', '"\\u202e"', "'''a\nb'''", "[" * 1500,
    "'reset'", "'AT+HTTPREAD'", "'new_pdp'", '"\\ud800"', "1_000", "0x10",
)  # fmt: skip


def attempt(dice: Random) -> None:
    """One plan."""
    lines = [f"{dice.choice(('seed', 'name', 'teaches', 'x'))} = {dice.choice(VALUES)}"]
    lines = lines if dice.random() < 0.3 else []
    for _ in range(dice.randrange(4)):
        lines += ["[[fault]]", f"kind = '{dice.choice(list(KINDS))}'"]
        lines += [
            f"{dice.choice(KEYS)} = {dice.choice(VALUES)}" for _ in range(dice.choice((0, 1, 1, 2)))
        ]
    data = bytearray("\n".join(lines).encode())
    if dice.random() < 0.2:
        place = dice.randrange(len(data) + 1)
        data[place : place + 2] = dice.randbytes(dice.randrange(4))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan")
        path.write_bytes(data)
        with suppress(OptionError):
            plan = load_plan(str(path))
            assert plan.faults
            for fault in plan.faults:
                assert one_line(str(fault)).isprintable()


if __name__ == "__main__":
    main(attempt)
