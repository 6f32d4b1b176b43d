"""Private cards: which definition of the PDP counts (docs/spec/general.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.models import MODELS
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

CARD = {"apn": "corp", "apn_user": "u", "apn_password": "p", "apn_auth": "pap"}
REFUSED = b"\r\n+CME ERROR: 3\r\n"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", ["SAPBR", "CSTT", "CGDCONT", "CPNETAPN"])
@pytest.mark.parametrize("right", [True, False])
def test_each_way_to_define_it(model: str, how: str, right: bool) -> None:
    password = b"p" if right else b"q"

    async def test(twin: Twin, terminal: Terminal) -> None:
        cid = b"%d" % twin.module.hardware.profile.limit("default_cid")
        assert twin.radio.attached
        assert twin.radio.address is None
        lines = {
            "SAPBR": [
                b'AT+SAPBR=3,1,"APN","corp";+SAPBR=3,1,"USER","u";+SAPBR=3,1,"PWD","%b"' % password
            ],
            "CSTT": [b'AT+CSTT="corp","u","%b"' % password],
            "CGDCONT": [
                b'AT+CGDCONT=%b,"IP","corp"' % cid,
                b'AT+CGAUTH=%b,1,"u","%b"' % (cid, password),
            ],
            "CPNETAPN": [b'AT+CPNETAPN=2,"corp","u","%b",1' % password],
        }[how]
        for line in lines:
            await terminal.ask(line)
        await terminal.quiet(5)
        terminal.type(b"AT+CIICR\r" if how == "CSTT" else b"AT+SAPBR=1,1\r")
        heard = await terminal.quiet(5)
        assert (b"OK\r\n" in heard, b"ERROR" in heard) == (right, not right)
        assert (twin.radio.address is not None) == right
        if right:
            assert b'"corp"' in await terminal.ask(b"AT+CGCONTRDP=" + cid)

    on_twin(test, model, sim=CARD)


def test_a_bearer_with_another_apn_is_refused_while_the_pdp_is_up() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+CPNETAPN=2,"corp","u","p",1')
        await terminal.quiet(5)
        assert twin.radio.address is not None
        await terminal.ask(b'AT+SAPBR=3,1,"APN","cmiot"')
        await terminal.ask(b"AT+SAPBR=1,1", REFUSED)
        await terminal.ask(b'AT+SAPBR=3,1,"APN",""')
        await terminal.ask(b"AT+SAPBR=1,1")

    on_twin(test, sim=CARD)


def test_what_is_stored_outlives_a_restart_and_autoapn_leaves_it_aside(tmp_path: Path) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+CPNETAPN=2,"corp","u","p",1')

    on_twin(test, sim=CARD, state=tmp_path)

    async def later(twin: Twin, terminal: Terminal) -> None:
        assert twin.radio.address is not None
        await terminal.ask(b"AT+AUTOAPN=1")
        await terminal.ask(b"AT+CGATT=0")
        await terminal.ask(b"AT+CGATT=1")
        assert twin.radio.address is None
        assert b"APN: corp" in await terminal.ask(b"AT+CPNETAPN?")
        await terminal.ask(b"AT+AUTOAPN=0")
        await terminal.ask(b"AT+CGACT=1,1")
        assert twin.radio.address is not None

    on_twin(later, sim=CARD, state=tmp_path)


def test_older_firmware_and_its_modes() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+CPNETAPN=2,"corp","u","p",1')
        assert await terminal.quiet(5) == b""
        assert twin.radio.address is None
        twin.module.restart()
        await terminal.expect(b"RDY\r\n")
        await terminal.quiet(10)
        assert twin.radio.address is not None
        await terminal.ask(b"AT+CPNETAPN=1,wrong")
        await terminal.quiet(5)
        assert twin.radio.address is None
        # That was until the next start; what mode 0 stores is from then on.
        twin.module.restart()
        await terminal.expect(b"RDY\r\n")
        await terminal.quiet(10)
        assert twin.radio.address is not None
        await terminal.ask(b"AT+CPNETAPN=0,wrong")
        assert twin.radio.address is not None

    on_twin(test, "air780e-at@V1122", sim=CARD)


@pytest.mark.parametrize(
    "line",
    [
        b"AT+CPNETAPN=2",
        b"AT+CPNETAPN=4,corp",
        b"AT+CPNETAPN=2,corp,u,p,3",
        b"AT+CPNETAPN=2,corp," + b"u" * 33,
        b"AT+CGAUTH=16,0",
        b"AT+CGAUTH=1,3",
        b"AT+CGAUTH=1,1," + b"u" * 65,
        b"AT+AUTOAPN=2",
    ],
)
def test_what_cannot_be_is_a_parameter_error(line: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        error = twin.module.hardware.profile.value("param_error_cme")
        await terminal.ask(line, b"\r\n+CME ERROR: %d\r\n" % error)

    on_twin(test)
