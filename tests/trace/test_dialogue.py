"""From bytes on a line to a dialogue, without a module."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atwin.trace import Trace
from atwin.trace.dialogue import Dialogue
from support.modules.traced import Record, dialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEY = (
    b"-----BEGIN RSA PRIVATE KEY-----\n"
    b"ATEpAIBAAKCAQEAxV5mQ0ZzSUNSRVQ1bGluZW9uZWFhYWFhYWFhYWFhYWFhYWFh\n"
    b"AT+XSUNSRVQ1bGluZXR3b2JiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJ/\n"
    b"+SSUNSRVQ1bGluZXRocmVlY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj\n"
    b"-----END RSA PRIVATE KEY-----\n"
)
SECRETS = ["SUNSRVQ1", "BEGIN", "UNSRVQ", "RSA"]

Step = tuple[str, bytes]


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError

    def call_later(self, seconds: float, call: Callable[[], None]) -> Hand:
        return self

    call_at = call_later

    def cancel(self) -> None:
        pass


def heard(
    steps: Sequence[Step],
    *,
    lossless: bool = False,
    piece: int = 1 << 20,
    kind: type[Dialogue] = Dialogue,
) -> list[str]:
    """The dialogue of what goes `>` and `<`, in pieces of at most so many bytes."""
    return dialogue(records(steps, lossless=lossless, piece=piece, kind=kind))


def records(
    steps: Sequence[Step], *, lossless: bool, piece: int = 1 << 20, kind: type[Dialogue] = Dialogue
) -> list[Record]:
    """The records of the same."""
    lines: list[str] = []
    clock = Hand()
    trace = Trace(clock, lines.append)
    both = kind(trace, lossless=lossless)
    to_module, to_host = trace.ears(both.to_module, both.to_host, both.pass_all)
    for direction, data in steps:
        for start in range(0, len(data), piece):
            clock.time += 0.01
            if direction == "!":
                trace.hears(both.cut, data)
            else:
                {">": to_module, "<": to_host}[direction](data[start : start + piece])
    trace.hears(both.end, b"")
    trace.stop()
    return [json.loads(line) for line in "".join(lines).splitlines()]


UPLOAD: list[Step] = [
    (">", b'AT+FSWRITE="C:/key",0,%d,15\r\n' % len(KEY)),
    ("<", b"\r\n>"),
    (">", KEY),
    ("<", b"\r\nOK\r\n"),
    (">", b"AT\r"),
    ("<", b"\r\nOK\r\n"),
]


@pytest.mark.parametrize("lossless", [False, True])
@given(piece=st.integers(1, 400))
def test_an_upload_in_any_pieces(lossless: bool, piece: int) -> None:
    assert heard(UPLOAD, lossless=lossless, piece=piece) == [
        f'> AT+FSWRITE="C:/key",0,{len(KEY)},15',
        "< >",
        f"> ({len(KEY)} bytes)",
        "< OK",
        "> AT",
        "< OK",
    ]


@given(
    st.integers(0, len(KEY)),
    st.integers(1, 200),
    st.sampled_from([0, 2, 3]),
    st.booleans(),
)
def test_a_key_is_never_shown_whatever_gets_lost(
    lost: int, piece: int, missing: int, lossless: bool
) -> None:
    """The prompt, or some of the key, was not heard: what is left is still no dialogue."""
    steps = [*UPLOAD[:2], (">", KEY[lost:]), *UPLOAD[3:]]
    if missing:
        del steps[missing - 1]
    text = "".join(heard(steps, lossless=lossless, piece=piece))
    # A line of it that looks like a command from its first to its last byte would be one.
    for secret in SECRETS:
        assert secret not in text.replace("FSWRITE", "")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"ATQ0 V1 E1 S0=0 &C1 &D2", "ATQ0 V1 E1 S0=0 &C1 &D2"),
        (b"ATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0", "ATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0"),
        (b'ATE0 V1 Q0 S0=0 X4+CSTT="a","u","secret"', 'ATE0 V1 Q0 S0=0 X4+CSTT="a","u",***'),
        (b"ATE0 V1 Q0 hunter2hunter2", "(25 bytes)"),
        (b"ATE1b2Q3d4V5e6M7a8L9c0", "(22 bytes)"),
    ],
)
def test_settings_in_a_row_are_a_command_however_long(line: bytes, shown: str) -> None:
    assert heard([(">", line + b"\r"), ("<", b"\r\nOK\r\n")]) == [f"> {shown}", "< OK"]


@pytest.mark.parametrize("header", [b"", b"+FSREAD: "])
def test_a_file_that_is_read_is_its_size(header: bytes) -> None:
    answer = b"\r\n" + header + KEY + b"\r\nOK\r\n"
    steps = [(">", b'AT+FSREAD="C:/key",0,1000,0\r'), ("<", answer)]
    said = heard([*steps, (">", b"AT\r"), ("<", b"\r\nOK\r\n")])
    assert said[0].startswith("> AT+FSREAD")
    assert said[1].endswith("bytes)")
    assert said[2:] == ["< OK", "> AT", "< OK"]


def test_a_body_that_lost_bytes_says_how_many_were_announced() -> None:
    """The host asks again; what came instead of the body's rest is not read as one."""
    steps = [
        (">", b"AT+HTTPREAD\r"),
        ("<", b"\r\n+HTTPREAD: 20\r\n0123456789\r\nOK\r\n"),
        (">", b"AT\r"),
        ("<", b"\r\nOK\r\n"),
    ]
    assert heard(steps) == [
        "> AT+HTTPREAD",
        "< +HTTPREAD: 20",
        "> AT",
        "< (16 bytes)",
        "< OK",
    ]


@pytest.mark.parametrize(
    ("command", "came"),
    [
        (b"AT+HTTPREAD", b"HTTPREAD: 20\r\nhunter2 and the rest"),
        (b"AT+HTTPHEAD", b"+HTPHEAD40\r\nHTTP/1.1 200 OK\r\nx-thing: hunter2\r\n"),
        (b"AT+FSREAD=1", b"hunter2"),
        (b'AT+FSREAD="pw",0,9,0', b"+FSREAD: hunter2"),
    ],
)
def test_a_body_whose_header_is_damaged_is_not_shown(command: bytes, came: bytes) -> None:
    steps = [(">", command + b"\r"), ("<", b"\r\n" + came + b"\r\nOK\r\n")]
    said = heard(steps)
    assert said[0] == f"> {command.decode()}"
    assert "hunter2" not in "".join(said)
    assert said[-2].endswith("bytes)")
    assert said[-1] == "< OK"


def test_what_a_link_brings_into_an_answer_is_not_shown() -> None:
    """Without AT+CIPHEAD=1 it has no frame; what the command itself says is shown."""
    steps = [
        (">", b'AT+CIPSTART="TCP","h",80\r'),
        ("<", b"\r\nOK\r\n\r\nCONNECT OK\r\n"),
        (">", b"AT+CIFSR\r"),
        ("<", b"\r\nname: hunter2\r\n10.0.0.2\r\n"),
        (">", b"AT+CIPSTATUS\r"),
        ("<", b"\r\nOK\r\n\r\nSTATE: CONNECT OK\r\n"),
        (">", b"AT+CSQ\r"),
        ("<", b"\r\nhunter2 again\r\n+CSQ: 22,0\r\n\r\nOK\r\n"),
    ]
    said = heard(steps)
    assert "hunter2" not in "".join(said)
    assert {"< 10.0.0.2", "< STATE: CONNECT OK", "< +CSQ: 22,0"} <= set(said)


def test_a_secret_in_pieces_is_masked_all_the_same() -> None:
    command = b'AT+HTTPPARA="URL","https://me:geheim@host/x?token=abc123"'
    for piece in range(1, len(command)):
        said = heard([(">", command + b"\r"), ("<", command + b"\r\n\r\nOK\r\n")], piece=piece)
        assert said == ['> AT+HTTPPARA="URL","https://***@host/x?token=***"', "< OK"]


@given(st.integers(0, 55))
def test_an_echo_that_lost_a_byte_shows_no_secret(lost: int) -> None:
    command = b'AT+HTTPPARA="URL","https://me:geheim@host/x?token=abc123"'
    echo = command[:lost] + command[lost + 1 :]
    said = heard([(">", command + b"\r"), ("<", echo + b"\r\n\r\nOK\r\n")])
    assert said[-1] == "< OK"
    text = "".join(said)
    for secret in ("geheim", "eheim", "gehei", "abc123", "abc12", "bc123"):
        assert secret not in text


@pytest.mark.parametrize("lossless", [False, True])
@given(
    st.lists(
        st.tuples(
            st.sampled_from("<>"),
            st.binary(max_size=60)
            | st.sampled_from(
                [
                    b"AT\r", b"\r\nOK\r\n", b"AT+HTTPDATA=5,1000\r", b"\r\nDOWNLOAD\r\n",
                    b"AT+CIPSEND\r", b"\r\n>", b"\x1a", b"AT+HTTPREAD\r", b"+HTTPREAD: 7\r\n",
                    b"\r\nRDY\r\n", b"A/", b"AT+CIPMODE=1\r", b"\r\nCONNECT\r\n", b"+++",
                    b"AT+FSREAD=1\r", b"\r\n+IPD,9:",
                ]
            ),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_nothing_that_can_come_breaks_it(lossless: bool, steps: list[Step]) -> None:
    for text in heard(steps, lossless=lossless):
        assert text[:2] in ("> ", "< ")


def test_a_trace_costs_nothing_when_nobody_listens() -> None:
    trace = Trace(None, None)
    Dialogue(trace, lossless=True).to_module(b"AT\r")
    trace.notes("net", "x")
    trace.stop()
    assert not trace.on


@pytest.mark.parametrize("end", ["CLOSED", "CLOSE OK", "NO CARRIER"])
def test_what_ends_transparent_mode(end: str) -> None:
    steps = [
        (">", b"AT+CIPMODE=1\r"),
        ("<", b"\r\nOK\r\n"),
        (">", b'AT+CIPSTART="TCP","h",7\r'),
        ("<", b"\r\nOK\r\n"),
        ("<", b"\r\nCONNECT\r\n"),
        (">", b"secret"),
        ("<", b"\r\n" + end.encode() + b"\r\n"),
        (">", b"AT\r"),
        ("<", b"\r\nOK\r\n"),
    ]
    assert heard(steps)[-4:] == ["> (6 bytes)", f"< {end}", "> AT", "< OK"]


@given(piece=st.integers(1, 60))
def test_the_text_of_a_message_is_its_size(piece: int) -> None:
    steps = [
        (">", b'AT+CMGS="10086"\r'),
        ("<", b"\r\n> "),
        (">", b"AT+my secret\rsecond line\x1a"),
        ("<", b"\r\n+CMS ERROR: 500\r\n"),
        (">", b"AT\r"),
        ("<", b"\r\nOK\r\n"),
    ]
    said = heard(steps, piece=piece)
    assert said[0] == '> AT+CMGS="10086"'
    assert "secret" not in str(said)
    assert said[-3:] == ["< +CMS ERROR: 500", "> AT", "< OK"]


def test_frames_of_a_packet_call_are_their_size() -> None:
    steps = [
        (">", b"ATD*99#\r"),
        ("<", b"\r\nCONNECT\r\n"),
        (">", b"~\xff\x7d\x23secret~"),
        ("<", b"\r\nNO CARRIER\r\n"),
        (">", b"AT\r"),
        ("<", b"\r\nOK\r\n"),
    ]
    assert heard(steps) == [
        "> ATD*99#",
        "< CONNECT",
        "> (11 bytes)",
        "< NO CARRIER",
        "> AT",
        "< OK",
    ]


class EachStep(Dialogue):
    """Goes every step itself, also with plain commands."""

    STEPWISE = True


#: Commands; each is also said with its OK in one piece, which is what most hosts and modules do.
COMMANDS = (
    b"AT", b"AT+CSQ", b"AT+CIPMUX=1", b"AT+CSQ;+CIPMUX=0", b"AT+CIPSTATUS", b"ATD*99#",
    b"AT+CPIN=1234", b"AT+CIPMODE=1", b"AT+HTTPREAD", b"AT+HTTPDATA=5,1000",
    b"AT+CIPSTART=1,2", b"AT+CIPSHUT", b'AT+X="100%d%%"',
)  # fmt: skip
#: Some of them are pieces of more.
TO_MODULE = (b"A/", b"AT\r\n", b"A", b"T\r", b"+++", b"hello", *(one + b"\r" for one in COMMANDS))
TO_HOST = (
    b"\r\nOK\r\n", b"OK\r\n", b"\r\nO", b"K\r\n", b"\r\nERROR\r\n", b"AT\r\r\nOK\r\n",
    b"\r\n+CSQ: 31,9\r\n", b"\r\nCONNECT\r\n", b"\r\n+CSQ: 9,9\r\n\r\nOK\r\n", b">",
    b"\r\nSTATE: IP STATUS\r\n", b"C: 0,0,TCP\r\n", b"\r\nDOWNLOAD\r\n",
    b"\r\n+HTTPREAD: 8\r\n\r\nOK\r\n", b"12\r\nOK\r\n",
    b"\r\n+RECEIVE,1,6:\r\n\r\nOK\r\n", b"+IPD,6:\r\nOK\r\n", b"\r\nRDY\r\n", b"\r\nCLOSED\r\n",
    b"\r\n+HTTPACTION: 0,200,8\r\n", b"\r\n+CREG: 1\r\n", b"\r\nSMS READY\r\n",
)  # fmt: skip


#: Answers in one piece: bodies that are what their header says, and such that are not.
BODIES: list[list[Step]] = [
    [(">", command + b"\r"), ("<", b"\r\n%b: %d\r\n%b\r\nOK\r\n" % (command[2:], size, body))]
    for command in (b"AT+HTTPREAD", b"AT+HTTPHEAD", b"AT+CSQ")
    for size, body in (
        (4, b"body"),
        (4, b"body\r\n"),
        (4, b"body\r\n\r\n"),
        (4, b"body\n\r"),
        (4, b"\r\n\r\n"),
        (5, b"body"),
        (3, b"body"),
        (0, b""),
        (4, b"OK\r\n"),
    )
]


def exchange(*commands: bytes) -> list[Step]:
    return [step for one in commands for step in ((">", one + b"\r"), ("<", b"\r\nOK\r\n"))]


SAID: list[list[Step]] = [
    [("!", b"cut")],
    *([(">", line)] for line in TO_MODULE),
    *([("<", line)] for line in TO_HOST),
    *(exchange(line) for line in COMMANDS * 2),
    *BODIES,
]


#: After a number of links, and after a call, which another command has made the last but one.
STATUS = [*exchange(b"AT+CIPSTATUS"), ("<", b"\r\nSTATE: IP STATUS\r\n"), ("<", b"C: 0,0,TCP\r\n")]
CALL = [("<", b"\r\nCONNECT\r\n"), *exchange(b"AT")]


@example([exchange(b"AT", b"AT+CIPMUX=1", b"AT"), STATUS], True)
@example([exchange(b"AT", b"ATD*99#", b"AT"), CALL], True)
@example([exchange(b"AT"), exchange(*[b"AT", b'AT+X="100%d%%"'] * 150), [(">", b"A/")]], True)
@given(st.lists(st.sampled_from(SAID), min_size=4, max_size=40), st.booleans())
def test_a_plain_command_with_its_ok_is_no_step_and_leaves_all_as_it_was(
    said: list[list[Step]], lossless: bool
) -> None:
    steps = [step for one in said for step in one]
    assert records(steps, lossless=lossless) == records(steps, lossless=lossless, kind=EachStep)
