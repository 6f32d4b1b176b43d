"""Whoever posts is told whether the server had it; and of which command an answer was."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError, RequestFailedError, UsageError
from atwin.host.http.statuses import Sent, tell_of_post
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import Answer, FakeModule, FakeServer

if TYPE_CHECKING:
    from atwin.host.http.request import PostStrategy

URL = "http://a.example/x"
NOTHING, PERHAPS, ANSWERED = "nothing was sent", "the server may have had", "the server has had"


def with_module() -> tuple[Modem, FakeModule]:
    near, far = memory_pair()
    module = FakeModule(far, FakeServer(b""), limit=3356, buffer=4096, streams=True)
    module.server.instead = lambda asked: Answer(200, asked.body, {"X": "y"})
    return Modem(near), module


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (600, PERHAPS), (601, PERHAPS), (408, PERHAPS), (606, PERHAPS), (602, ANSWERED),
        (603, NOTHING), (604, NOTHING), (605, NOTHING),
    ],
)  # fmt: skip
def test_a_status_of_the_module(status: int, said: str) -> None:
    async def main() -> None:
        modem, module = with_module()
        module.server.failures = [status] * 99
        with pytest.raises(RequestFailedError, match=said) as caught:
            await modem.post(URL, b"x", strategy="buffer")
        text = str(caught.value)
        assert text.count("POST: look") <= 1
        assert f"sent AT+HTTPACTION=1 for {URL}, came back +HTTPACTION: 1,{status}," in text

    run_virtual(main())


@pytest.mark.parametrize(
    ("command", "answer", "strategy", "said"),
    [
        ("AT+HTTPINIT", b"", "buffer", NOTHING),
        ("AT+HTTPDATA", b"\r\nERROR\r\n", "buffer", NOTHING),
        ("AT+HTTPACTION=1", b"\r\nERROR\r\n", "buffer", NOTHING),
        ("AT+HTTPACTION=1", b"", "buffer", PERHAPS),
        ("AT+HTTPACTION=1", b"\r\nOK\r\n", "buffer", PERHAPS),
        ("AT+HTTPREAD", b"\r\nERROR\r\n", "buffer", ANSWERED),
        ("AT+HTTPEXACTION=1", b"\r\nERROR\r\n", "stream", NOTHING),
        ("AT+HTTPEXACTION=1", b"\r\nOK\r\n", "stream", NOTHING),
        ("AT+HTTPEXPOST", b"\r\nERROR\r\n", "stream", PERHAPS),
    ],
)
def test_a_step_that_fails(command: str, answer: bytes, strategy: PostStrategy, said: str) -> None:
    async def main() -> None:
        modem, module = with_module()
        module.instead[command] = answer
        with pytest.raises(HostError, match=said):
            await modem.post(URL, b"x", strategy=strategy)
        assert said.startswith(modem.sent.value[:14])

    run_virtual(main())


def test_one_that_is_stopped() -> None:
    async def main() -> None:
        modem, module = with_module()
        module.instead["AT+HTTPACTION=1"] = b"\r\nOK\r\n"
        task = asyncio.ensure_future(modem.post(URL, b"x", strategy="buffer"))
        await LoopClock().sleep(20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert modem.sent is Sent.PERHAPS

    run_virtual(main())


def test_nobody_is_told_of_a_wrong_call() -> None:
    wrong, late = UsageError("no way"), UsageError("no way")
    tell_of_post(wrong, Sent.NOTHING)
    tell_of_post(late, Sent.PERHAPS)
    assert str(wrong) == "no way"
    assert PERHAPS in str(late)
