"""Modules that differ in one thing: the right file, or one true sentence, and never for long."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError, RefusedForGoodError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import FakeServer
from support.modules.odd_module import OddModule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL, LARGE = bytes(range(256)) * 5, bytes(i * 7 % 251 for i in range(20_011))

#: What it does, and what the host makes of it: None is the right file, else what the error says.
Odd = tuple[str, "Callable[[OddModule], object]", "str | None"]

NUMBER = b"9" * 5000

DEVIATIONS: list[Odd] = [
    ("nothing", lambda m: None, None),
    # --- noise, frames, blanks
    ("NUL in front of lines", lambda m: m.replaces(rb"\r\n(?=.)", b"\r\n\0"), None),
    ("0xFF in front of lines", lambda m: m.replaces(rb"\r\n(?=.)", b"\r\n\xff"), None),
    ("XON in front of lines", lambda m: m.replaces(rb"\r\n(?=.)", b"\r\n\x11"), None),
    ("XOFF in front of lines", lambda m: m.replaces(rb"\r\n(?=.)", b"\r\n\x13"), None),
    ("NUL at the end of lines", lambda m: m.replaces(rb"\r\n$", b"\0\r\n"), None),
    ("NUL inside names", lambda m: m.replaces(rb"\+(\w)", b"+\\1\0"), None),
    ("XON and XOFF as lines", lambda m: m.replaces(rb"^\r\n", b"\x13\r\n\x11\r\n"), None),
    ("noise before all it says", lambda m: m.replaces(rb"^", b"\xff\0\xff"), None),
    ("two blanks after colons", lambda m: m.replaces(rb": ", b":  "), None),
    ("no blank after colons", lambda m: m.replaces(rb": ", b":"), None),
    ("blanks around colons", lambda m: m.replaces(rb": ", b" : "), None),
    ("blanks after commas", lambda m: m.replaces(rb",", b", "), None),
    ("blanks around commas", lambda m: m.replaces(rb",", b" , "), None),
    ("tabs after colons", lambda m: m.replaces(rb": ", b":\t"), None),
    ("blanks at the end of lines", lambda m: m.replaces(rb"\r\n$", b"  \r\n"), None),
    ("LF alone", lambda m: m.replaces(rb"\r\n", b"\n"), None),
    ("CR alone", lambda m: m.replaces(rb"\r\n", b"\r"), None),
    ("CR CR LF", lambda m: m.replaces(rb"\r\n", b"\r\r\n"), None),
    ("no CR LF in front", lambda m: m.replaces(rb"^\r\n", b""), None),
    ("empty lines everywhere", lambda m: m.replaces(rb"\r\n", b"\r\n\r\n"), None),
    ("a byte at a time", lambda m: m.cuts(1), None),
    ("in pieces", lambda m: m.cuts(7), None),
    ("each OK twice", lambda m: m.replaces(rb"\r\nOK\r\n$", b"\r\nOK\r\n\r\nOK\r\n"), None),
    # --- lines nobody asked for
    ("Call Ready in answers", lambda m: m.replaces(rb"^\r\n", b"\r\nCall Ready\r\n\r\n"), None),
    ("SMS Ready in answers", lambda m: m.replaces(rb"^\r\n", b"\r\nSMS Ready\r\n\r\n"), None),
    ("PB DONE after answers", lambda m: m.replaces(rb"OK\r\n$", b"OK\r\n\r\nPB DONE\r\n"), None),
    ("a URC in answers", lambda m: m.replaces(rb"^\r\n", b"\r\n+CGEV: ME DETACH\r\n"), None),
    ("^MODE in answers", lambda m: m.replaces(rb"^\r\n", b"\r\n^MODE: 17,17\r\n\r\n"), None),
    ("+CREG for +CEREG", lambda m: m.replaces(rb"(\+CEREG.*)", b"+CREG: 5\r\n\r\n\\1"), None),
    ("a plain line in answers", lambda m: m.replaces(rb"^\r\n", b"\r\nwelcome\r\n\r\n"), None),
    (
        "a long line in answers",
        lambda m: m.replaces(rb"^\r\n", b"\r\n" + b"x" * 9000 + b"\r\n"),
        None,
    ),
    (
        "a number of 5,000 digits",
        lambda m: m.replaces(rb"^\r\n", b"\r\n+X: " + NUMBER + b"\r\n"),
        None,
    ),
    ("5,000 digits alone", lambda m: m.replaces(rb"^\r\n", b"\r\n" + NUMBER + b"\r\n"), None),
    (
        "another +HTTPACTION before",
        lambda m: m.answers("AT+CSQ", "+HTTPACTION: 0,404,9\n+CSQ: 9,9"),
        None,
    ),
    # --- answers in their own time
    ("0.3 s late", lambda m: m.is_late(0.3), None),
    ("0.8 s late", lambda m: m.is_late(0.8), None),
    ("1.7 s late", lambda m: m.is_late(1.7), None),
    ("0 to 0.4 s late", lambda m: m.is_late(0.0, 0.4), None),
    ("CSQ 12 s late", lambda m: m.is_late_once("AT+CSQ", 12), None),
    ("CEREG 10 s late", lambda m: m.is_late_once("AT+CEREG", 10), None),
    ("HTTPINIT 11 s late", lambda m: m.is_late_once("AT+HTTPINIT", 11), None),
    ("URL 14 s late", lambda m: m.is_late_once('AT+HTTPPARA="URL"', 14), None),
    ("HTTPREAD 10 s late", lambda m: m.is_late_once("AT+HTTPREAD", 10), None),
    ("HTTPDATA=? 10 s late", lambda m: m.is_late_once("AT+HTTPDATA=?", 10), None),
    ("ATI 10 s late", lambda m: m.is_late_once("ATI", 10), None),
    ("HTTPHEAD 9.5 s late", lambda m: m.is_late_once("AT+HTTPHEAD", 9.5), None),
    ("deaf at first", lambda m: m.is_deaf(5), None),
    # --- SIM and network
    ("SIM PIN", lambda m: m.answers("AT+CPIN", "+CPIN: SIM PIN"), "the SIM needs its PIN"),
    ("SIM PUK", lambda m: m.answers("AT+CPIN", "+CPIN: SIM PUK"), "the SIM needs its PUK"),
    ("PH-NET PIN", lambda m: m.answers("AT+CPIN", "+CPIN: PH-NET PIN"), "bound to another SIM"),
    ("CME 11", lambda m: m.refuses("AT+CPIN", by="+CME ERROR: 11"), "the SIM needs its PIN"),
    (
        "CME 12 in words",
        lambda m: m.refuses("AT+CPIN", by="+CME ERROR: SIM PUK required"),
        "its PUK",
    ),
    ("no SIM", lambda m: m.refuses("AT+CPIN", by="+CME ERROR: 10"), "there is none, insert one"),
    ("CPIN unknown", lambda m: m.refuses("AT+CPIN"), None),
    (
        "CREG without CEREG",
        lambda m: m.knows_only_creg(),
        None,
    ),
    ("no registration at all", lambda m: m.refuses("AT+CEREG", "AT+CREG", "AT+CGREG"), None),
    ("long +CEREG", lambda m: m.answers("AT+CEREG", '+CEREG: 2,5,"1A2B","01A2B3C4",7'), None),
    ("short +CEREG", lambda m: m.answers("AT+CEREG", "+CEREG: 1"), None),
    ("denied", lambda m: m.is_denied(), "not registered"),
    ("CGATT unknown", lambda m: m.refuses("AT+CGATT", by="+CME ERROR: 50"), None),
    ("CSQ unknown", lambda m: m.refuses("AT+CSQ"), None),
    (
        "errors in words",
        lambda m: m.replaces(rb"ERROR: 3\b", b"ERROR: operation not allowed"),
        None,
    ),
    ("errors without a number", lambda m: m.replaces(rb"\+CME ERROR: \d+", b"ERROR"), None),
    ("CMEE unknown", lambda m: m.refuses("AT+CMEE"), None),
    ("echo stays on", lambda m: m.refuses("ATE0"), None),
    # --- bearer
    ("bearer open", lambda m: m.has_open_bearer(), None),
    ("SAPBR without quotes", lambda m: m.replaces(rb'(\+SAPBR: 1,\d,)"(.*)"', rb"\1\2"), None),
    ("SAPBR without address", lambda m: m.replaces(rb'(\+SAPBR: 1,\d),".*"', rb"\1"), None),
    ("no CONTYPE", lambda m: m.refuses('AT+SAPBR=3,1,"CONTYPE"'), None),
    ("no empty APN", lambda m: m.refuses('AT+SAPBR=3,1,"APN"', by="+CME ERROR: 53"), None),
    ("no word on the bearer", lambda m: m.refuses("AT+SAPBR=2"), None),
    # --- HTTP
    ("URL refused", lambda m: m.has_no_parameter("URL"), "does not take this URL"),
    ("session open", lambda m: m.has_open_session(), None),
    ("no limits told", lambda m: m.answers("AT+HTTPDATA=?", ""), None),
    (
        "limits refused",
        lambda m: m.refuses("AT+HTTPDATA=?", "AT+HTTPREAD=?", "AT+CGMM", "ATI"),
        None,
    ),
    (
        "limits told otherwise",
        lambda m: m.answers("AT+HTTPREAD=?", "+HTTPREAD: 0-4095, 1-2048"),
        None,
    ),
    ("limits of 0", lambda m: m.answers("AT+HTTPREAD=?", "+HTTPREAD: (0-0),(1-0)"), None),
    ("endless limits", lambda m: m.answers("AT+HTTPDATA=?", f"+HTTPDATA: (0-{'9' * 5000})"), None),
    ("no TIMEOUT", lambda m: m.has_no_parameter("TIMEOUT"), None),
    ("no TIMEOUT, plain ERROR", lambda m: m.has_no_parameter("TIMEOUT", by="ERROR"), None),
    ("no REDIR", lambda m: m.has_no_parameter("REDIR"), None),
    ("no CID", lambda m: m.has_no_parameter("CID"), None),
    ("no BREAK", lambda m: m.has_no_parameter("BREAK"), None),
    ("no BREAKEND", lambda m: m.has_no_parameter("BREAKEND", by="ERROR"), None),
    ("no USERDATA", lambda m: m.has_no_parameter("USERDATA"), None),
    (
        "no BREAK and no USERDATA",
        lambda m: m.has_no_parameter("BREAK", "USERDATA"),
        "cannot ask for a part of a file",
    ),
    ("a stream that is refused", lambda m: m.only_says_it_streams("ERROR"), None),
    (
        "a stream that is refused by CME 50",
        lambda m: m.only_says_it_streams("+CME ERROR: 50"),
        None,
    ),
    ("no HTTPHEAD", lambda m: m.refuses("AT+HTTPHEAD"), "206 does not say which bytes"),
    ("HTTPHEAD as HTTPREAD", lambda m: m.spoils(rb"\+HTTPHEAD:", b"+HTTPREAD:"), None),
    ("no HTTPTERM", lambda m: m.refuses("AT+HTTPTERM"), "HTTP service is stuck"),
    ("one +HTTPACTION lost", lambda m: setattr(m, "lost_actions", 1), None),
    ("no +HTTPACTION ever", lambda m: setattr(m, "lost_actions", 10**9), r"no \+HTTPACTION within"),
    ("+HTTPACTION twice", lambda m: m.replaces(rb"(\r\n\+HTTPACTION.*\r\n)", rb"\1\1"), None),
    ("+HTTPACTION of a HEAD again later", lambda m: setattr(m, "again_after", 0.05), None),
    (
        "+HTTPACTION that is always of a GET",
        lambda m: m.replaces(rb"ACTION: 2,", b"ACTION: 0,"),
        None,
    ),
    ("no CR LF after bodies", lambda m: m.spoils(rb"(?<=.{9})\r\nOK\r\n$", b"OK\r\n"), None),
    ("LF after bodies", lambda m: m.spoils(rb"(?<=.{9})\r\nOK\r\n$", b"\nOK\r\n"), None),
    ("empty lines after bodies", lambda m: m.spoils(rb"\r\nOK\r\n$", b"\r\n\r\n\r\nOK\r\n"), None),
    (
        "a URC after bodies",
        lambda m: m.spoils(rb"\r\nOK\r\n$", b"\r\n+CGEV: X\r\n\r\nOK\r\n"),
        None,
    ),
    (
        "a URC inside a body",
        lambda m: m.spoils(rb"(READ: \d+\r\n.{99})", b"\\1\r\n+CGEV: X\r\n", 2),
        None,
    ),
    ("bytes lost in a body", lambda m: m.spoils(rb"(READ: \d+\r\n.{99}).{30}", b"\\1", 2), None),
    ("short HTTPREADs", lambda m: m.reads_at_most(700), None),
    ("a body of 5,000 digits", lambda m: m.spoils(rb"READ: \d+", b"READ: " + NUMBER, 1), None),
    (
        "a status of 5,000 digits",
        lambda m: m.spoils(rb"ACTION: 0,\d+", b"ACTION: 0," + NUMBER, 1),
        None,
    ),
    (
        "more announced than there is",
        lambda m: m.spoils(rb"(ACTION: 0,\d+,)\d+", b"\\g<1>99999"),
        ".",
    ),
]


def seconds_allowed(wrong: str | None) -> float:
    """What went wrong once costs its deadline; what does so for ever is given up after 900 s."""
    return 200 if wrong is None else 1300


@pytest.mark.parametrize(
    ("odd", "wrong"), [d[1:] for d in DEVIATIONS], ids=[d[0] for d in DEVIATIONS]
)
def test_a_module_that_differs(
    odd: Callable[[OddModule], object], wrong: str | None, tmp_path: Path
) -> None:
    async def main() -> None:
        near, far = memory_pair()
        server = FakeServer(SMALL)
        module = OddModule(far, server, buffer=4096, limit=3356, echo=True)
        odd(module)
        modem = Modem(near, leave_as_found=True)
        target = tmp_path / "large"

        async def work() -> None:
            await modem.recover()
            assert (await modem.get("http://server/small", timeout=16)).body == SMALL
            server.data, server.head_length = LARGE, len(LARGE)
            await modem.download("http://server/large", target, timeout=16, give_up=900)
            assert target.read_bytes() == LARGE

        try:
            if wrong is None:
                await work()
            else:
                with pytest.raises(HostError) as caught:
                    await work()
                text = str(caught.value)
                if isinstance(caught.value, RefusedForGoodError):
                    assert LoopClock().now() < 30, "asking again changes nothing"
                assert caught.value.exit_code in (1, 3)
                assert re.search(wrong, text), text
                # It names what a person knows: commands, URCs, files; no class of ours.
                assert not re.search(r"\bHttp[A-Z]|\bBearerDeact|Error\(", text), text
                assert not target.exists()
        finally:
            await modem.close()
        assert LoopClock().now() < seconds_allowed(wrong)

    run_virtual(main())


#: What a module does while it is given the body of a POST.
OF_POSTS: list[Odd] = [
    ("nothing", lambda m: None, None),
    ("NUL in front of lines", lambda m: m.replaces(rb"\r\n(?=.)", b"\r\n\0"), None),
    ("XON and XOFF as lines", lambda m: m.replaces(rb"^\r\n", b"\x13\r\n\x11\r\n"), None),
    ("blanks at the end of lines", lambda m: m.replaces(rb"\r\n$", b"  \r\n"), None),
    ("Call Ready in answers", lambda m: m.replaces(rb"^\r\n", b"\r\nCall Ready\r\n\r\n"), None),
    ("a byte at a time", lambda m: m.cuts(1), None),
    ("0.8 s late", lambda m: m.is_late(0.8), None),
    ("no limits told", lambda m: m.answers("AT+HTTPDATA=?", ""), None),
    (
        "HTTPDATA refused",
        lambda m: m.refuses("AT+HTTPDATA=1", by="+CME ERROR: 53"),
        "CME ERROR: 53",
    ),
    ("no DOWNLOAD", lambda m: m.answers("AT+HTTPDATA=1", "OK"), "did not ask for the data"),
    (
        "one +HTTPACTION lost",
        lambda m: setattr(m, "lost_actions", 1),
        r"no \+HTTPACTION within 26 s",
    ),
]


@pytest.mark.parametrize(("odd", "wrong"), [d[1:] for d in OF_POSTS], ids=[d[0] for d in OF_POSTS])
def test_a_post_by_a_module_that_differs(
    odd: Callable[[OddModule], object], wrong: str | None
) -> None:
    async def main() -> None:
        near, far = memory_pair()
        server = FakeServer(b"thanks")
        module = OddModule(far, server, echo=True)
        odd(module)
        modem = Modem(near)
        await modem.bring_up()
        if wrong is None:
            assert (await modem.post("http://server/", LARGE[:1000], timeout=16)).body == b"thanks"
            assert [asked.body for asked in server.asked] == [LARGE[:1000]]
        else:
            with pytest.raises(HostError, match=wrong):
                await modem.post("http://server/", LARGE[:1000], timeout=16)
            # A server must not see the same POST twice, nor another body.
            assert [asked.body for asked in server.asked] in ([], [LARGE[:1000]])
        await modem.close()
        assert LoopClock().now() < 120

    run_virtual(main())
