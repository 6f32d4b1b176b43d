"""States an earlier program leaves a module in: what it typed, and how that shows."""

from __future__ import annotations

from dataclasses import dataclass

from atwin.models import MODELS

#: The models with streaming.
STREAMING = ("air780e-at", "air780e-lsat")
Typed = tuple[bytes | float, ...]
INIT: Typed = (b"AT+SAPBR=1,1\r", 3.0, b"AT+HTTPINIT\r", b'AT+HTTPPARA="URL","http://origin/f"\r')
LINK: Typed = (b'AT+CIPSTART="TCP","peer",7000\r', 3.0)
SCENE: Typed = (b"AT+CSTT\r", b"AT+CIICR\r", 4.0, b"AT+CIFSR\r")
MANY: Typed = (
    b"AT+CIPMUX=1\r",
    *SCENE,
    *(b'AT+CIPSTART=%d,"TCP","peer",7000\r' % n for n in range(6)),
    3.0,
)
TRANSPARENT: Typed = (b"AT+CIPMODE=1\r", *LINK)
#: Seconds that are enough; the longest data phase lasts two minutes (docs/spec/http.md §3.4).
SOON = 15.0


@dataclass(frozen=True)
class LeftOver:
    """What was `typed`, bytes or seconds of waiting; what the host says of it, if anything."""

    name: str
    typed: Typed
    told: str = ""
    models: tuple[str, ...] = MODELS
    within: float = SOON

    def __str__(self) -> str:
        return self.name


PHASE = "it waited for data"
STATES = (
    LeftOver("nothing", ()),
    LeftOver("ATV0", (b"ATV0\r",), "ATV0"),
    LeftOver("ATV0 E0", (b"ATE0V0\r",), "ATV0"),
    LeftOver("ATQ1", (b"ATQ1\r",), "ATQ1"),
    LeftOver("ATQ1 E0 V0", (b"ATE0Q1V0\r",), "ATQ1"),
    LeftOver("ATQ1, saved", (b"ATQ1&W\r",), "ATQ1"),
    LeftOver("echo off", (b"ATE0\r",)),
    LeftOver("CMEE 0", (b"AT+CMEE=0\r",)),
    LeftOver("CMEE 2", (b"AT+CMEE=2\r",)),
    LeftOver("half a line", (b"AT+CS",)),
    LeftOver("half a line with an open quote", (b'AT+HTTPPARA="URL","http://hal',)),
    LeftOver("a line that is too long", (b"AT+" + b"x" * 5000,)),
    LeftOver("several commands under way", (b"AT+CSQ;+CGATT?;+COPS?;+CIPSHUT\r",)),
    LeftOver("XOFF", (b"AT+IFC=1,1\r", 0.1, b"\x13"), "XOFF"),
    LeftOver("XOFF, one way", (b"AT+IFC=1,0\r", 0.1, b"\x13"), "XOFF"),
    LeftOver("XOFF and ATQ1", (b"ATQ1\r", b"AT+IFC=1,1\r", 0.1, b"\x13")),
    LeftOver("IFC=2,2", (b"AT+IFC=2,2\r",)),
    LeftOver("IFC=1,1", (b"AT+IFC=1,1\r",)),
    LeftOver("CIPSEND up to Ctrl-Z", (*LINK, b"AT+CIPSEND\r"), "prompt"),
    LeftOver("CIPSEND, half typed", (*LINK, b"AT+CIPSEND\r", 0.2, b"hello" * 400), "prompt"),
    LeftOver("CIPSEND without prompt", (b"AT+CIPSPRT=0\r", *LINK, b"AT+CIPSEND\r"), "prompt"),
    LeftOver("CIPSEND=1460", (*LINK, b"AT+CIPSEND=1460\r"), PHASE),
    LeftOver("CIPSEND=5", (*LINK, b"AT+CIPSEND=5\r")),
    LeftOver("CIPSEND=3,700", (*MANY, b"AT+CIPSEND=3,700\r"), PHASE),
    LeftOver("transparent mode", TRANSPARENT, "transparent"),
    LeftOver("transparent, data before", (*TRANSPARENT, b"data" * 100), "transparent"),
    LeftOver("transparent, two pluses", (*TRANSPARENT, 1.2, b"++"), "transparent"),
    LeftOver("transparent and ATQ1", (b"ATQ1\r", *TRANSPARENT)),
    LeftOver("six links", MANY),
    LeftOver("CIPMODE without a link", (b"AT+CIPMODE=1\r",)),
    LeftOver("HTTPDATA=10", (*INIT, b"AT+HTTPDATA=10,120000\r")),
    LeftOver("HTTPDATA=3000", (*INIT, b"AT+HTTPDATA=3000,120000\r"), PHASE),
    LeftOver("HTTPDATA=3000, short", (*INIT, b"AT+HTTPDATA=3000,3000\r")),
    LeftOver(
        "HTTPDATA=319488",
        (*INIT, b"AT+HTTPDATA=319488,120000\r"),
        PHASE,
        ("air724ug",),
        122.0,
    ),
    LeftOver(
        "HTTPDATA=130048, half sent",
        (*INIT, b"AT+HTTPDATA=130048,120000\r", 0.2, b"z" * 60_000),
        PHASE,
        ("air724ug", "air780e-lsat"),
        122.0,
    ),
    LeftOver(
        "FSWRITE",
        (b'AT+FSCREATE="x.bin"\r', b'AT+FSWRITE="x.bin",0,10240,3600\r'),
        PHASE,
    ),
    LeftOver(
        "HTTPEXPOST",
        (*INIT, b"AT+HTTPEXACTION=1,9000\r", 3.0, b"AT+HTTPEXPOST=3000,120000\r"),
        PHASE,
        STREAMING,
    ),
    LeftOver("a session", INIT),
    LeftOver("an action under way", (*INIT, b"AT+HTTPACTION=0\r")),
    LeftOver("a stream under way", (*INIT, b"AT+HTTPEXACTION=0\r"), "", STREAMING),
    LeftOver(
        "a saved context",
        (
            *INIT,
            b'AT+HTTPPARA="PROIP","10.1.2.3"\r',
            b'AT+HTTPPARA="PROPORT",3128\r',
            b'AT+HTTPPARA="UA","other"\r',
            b'AT+HTTPPARA="USERDATA","X-Left: over"\r',
            b'AT+HTTPPARA="BREAK",7\r',
            b'AT+HTTPPARA="BREAKEND",9\r',
            b"AT+HTTPSCONT\r",
            b"AT+HTTPTERM\r",
        ),
        "UA, PROIP, PROPORT, BREAK, BREAKEND, USERDATA",
    ),
    LeftOver("CFUN=0", (b"AT+CFUN=0\r", 10.0), "CFUN: 0"),
    LeftOver("CFUN=4", (b"AT+CFUN=4\r", 10.0), "CFUN: 4"),
    LeftOver("CGATT=0", (b"AT+CGATT=0\r", 10.0), "CGATT: 0"),
    LeftOver("COPS=2", (b"AT+COPS=2\r", 10.0), "COPS: 2"),
    LeftOver("PDP shut", (b"AT+CIPSHUT\r", 3.0)),
    LeftOver("another APN", (b'AT+SAPBR=3,1,"APN","other"\r', b"AT+SAPBR=1,1\r", 3.0)),
    LeftOver("URCs on", (b"AT+CREG=2;+CGREG=2;+CEREG=2\r",)),
    LeftOver("sleep", (b"AT+CSCLK=2\r",)),
    LeftOver("asleep", (b"AT+CSCLK=2\r", 3.0), "slept"),
    LeftOver("asleep until DTR is low", (b"AT+CSCLK=1\r", 3.0), "slept"),
    LeftOver("asleep, ATQ1", (b"ATQ1;+CSCLK=2\r", 3.0), "ATQ1"),
    LeftOver("a rate", (b"AT+IPR=9600\r",), "speaks at 9600"),
    LeftOver("a fast rate", (b"AT+IPR=921600\r",), "speaks at 921600"),
    LeftOver("a fast rate, echo off", (b"ATE0\r", b"AT+IPR=921600\r"), "speaks at 921600"),
    LeftOver("a rate, ATQ1", (b"ATQ1E0\r", b"AT+IPR=57600\r"), "speaks at 57600"),
)
