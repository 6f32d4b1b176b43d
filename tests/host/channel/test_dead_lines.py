"""Lines with no module at the other end, with all the patience there is, on the virtual clock."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from atwin.cli.ending import explain
from atwin.clock import run_virtual
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.line.ports.memory import MemoryPort, memory_pair

if TYPE_CHECKING:
    from collections.abc import Callable


class Odd:
    """A far end that does `answer` with each write it hears."""

    def __init__(self, port: MemoryPort, answer: Callable[[MemoryPort], None]) -> None:
        self._port, self._answer = port, answer
        port.start(self)

    def received(self, data: bytes) -> None:
        self._answer(self._port)

    def lost(self, reason: str | None) -> None:
        pass


def silent(port: MemoryPort) -> None:
    """Takes everything and never answers."""


NOISE = random.Random(1)


def garbage(port: MemoryPort) -> None:
    """As at a wrong baud rate."""
    port.write(NOISE.randbytes(300))


@pytest.mark.parametrize("answer", [silent, garbage])
@pytest.mark.parametrize("job", ["recover", "bring_up"])
def test_one_line_that_names_the_port_and_what_to_do(
    answer: Callable[[MemoryPort], None], job: str
) -> None:
    async def main() -> None:
        near, far = memory_pair("the-port")
        Odd(far, answer)
        async with Modem(near) as modem:
            await (modem.recover() if job == "recover" else modem.bring_up())

    with pytest.raises(HostError) as caught:
        run_virtual(main())
    line, code = explain(caught.value)
    assert code == 3
    assert len(line) < 400
    assert "no answer to AT on the-port" in line
    assert ("came nothing" in line) == (answer is silent)
    assert "check that the module is powered" in line
