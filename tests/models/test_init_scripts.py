"""The init commands that hosts usually send, on every model: nearly all of them pass.

They are those of the programs in tests/prove/programs, of TinyGSM, of the vendor's guides and of
docs/spec/general.md §8. A strict host stops at the first error, so an error stands here with the
source that the real module gives it as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.models import MODELS
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

SCRIPT = """
AT
ATE0
ATV1
ATQ0
ATQ0 V1 E0 S0=0
ATQ0 V1 E0 &C1 &D2
AT&F
ATE0
ATZ
ATE0
ATI
ATH
ATX4
AT&W
AT+CMEE=1
AT+CMEE=1;+CREG=2
AT+GCAP
AT+CLTS=1
AT+CGMI
AT+CGMM
AT+CGMR
AT+CGSN
AT+CGSN=1
AT+GMM
AT+GSN
AT+CIMI
AT+CCID
AT+ICCID
AT+CPIN?
AT+CFUN?
AT+CFUN=1
AT+CPAS
AT+CBC
AT+CSQ
AT+CREG=1
AT+CREG?
AT+CGREG=1
AT+CEREG=1
AT+COPS=3,0
AT+COPS?
AT+CGATT?
AT+CGATT=1
AT+CGDCONT=1,"IP",""
AT+CGACT?
AT+CGACT=1,1
AT+CTZU=1
AT+CCLK?
AT+CSCLK=0
AT+IPR=115200
AT+IFC=0,0
AT+CNETLIGHT=1
AT+CSCS="GSM"
AT+CMGF=1
AT+CSMP=17,167,0,0
AT+CSCA?
AT+CPMS="SM","SM","SM"
AT+CNMI=2,1,0,0,0
AT+CLIP=1
AT+CRC=1
AT+CVHU=0
AT+CLVL=50
AT+CNUM
AT+CIPSHUT
AT+CIPMUX=1
AT+CIPQSEND=1
AT+CIPRXGET=1
AT+SAPBR=3,1,"CONTYPE","GPRS"
AT+HTTPINIT
""".strip().splitlines()

_EC = ("air780e-at", "air780e-lsat", "air780eg", "air780ep")
#: The models that refuse a command as the real ones do, and how that is known.
REFUSED = {
    "ATQ0 V1 E0 S0=0": (
        _EC,
        "docs/spec/general.md §8 [C]: S0 is in the register table of the 8910 alone",
    ),
    "ATX4": (_EC, "docs/spec/general.md §8 [C]: in the command table of the 8910 alone"),
    "AT+CLVL=50": (_EC, "docs/spec/stubs.md §1 [C]: no loudspeaker in these firmwares"),
    "AT+CNUM": (("air780ep",), "docs/spec/general.md §4: measured on V1011"),
    "AT+CGACT=1,1": (
        ("air780ep",),
        "docs/spec/network.md §2: measured on V1004, the context is up",
    ),
}
#: Errors that a host has to live with.
MOST = 5


def test_the_script_is_the_usual_one() -> None:
    assert len(SCRIPT) == 68
    assert set(REFUSED) <= set(SCRIPT)


@pytest.mark.parametrize("model", MODELS)
def test_an_init_script_passes(model: str) -> None:
    async def run(twin: Twin, terminal: Terminal) -> list[str]:
        refused = []
        for line in SCRIPT:
            terminal.type(f"{line}\r".encode())
            answer = await terminal.quiet(5)
            assert answer.startswith(b"\r\n") or b"\r\r\n" in answer, f"{line}: {answer!r}"
            if b"ERROR" in answer:
                refused.append(line)
            else:
                assert b"\r\nOK\r\n" in answer or b"\r\nSHUT OK\r\n" in answer, (
                    f"{line}: {answer!r}"
                )
        return refused

    refused = on_twin(run, model)
    assert refused == [line for line in SCRIPT if model in REFUSED.get(line, ((), ""))[0]]
    assert len(refused) <= MOST
