"""Bring-up, bearer, identity, and single requests, against a scripted module."""

from __future__ import annotations

import asyncio

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.bring_up import Patience
from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    LineLostError,
    ModuleError,
    ModuleSilentError,
    NoAnswerError,
    RequestFailedError,
    ServerError,
    TargetError,
    TlsFailed,
    UsageError,
    VerificationError,
)
from atwin.host.http.setup import Setup
from atwin.host.modem import Modem
from atwin.host.recovery.recovery import Retry
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import Answer, FakeModule, FakeServer

URL = "http://files.example/a.bin"


def bench(
    data: bytes = b"Hello LuatOS!!!", *, limit: int = 319488, streams: bool = False
) -> tuple[Modem, FakeModule]:
    near, far = memory_pair("COM7")
    return Modem(near), FakeModule(far, FakeServer(data), limit=limit, streams=streams)


def test_exit_codes() -> None:
    codes: dict[type[HostError], int] = {
        ServerError: 1,
        UsageError: 2,
        TargetError: 2,
        ModuleError: 3,
        LineLostError: 3,
        ModuleSilentError: 3,
        NoAnswerError: 3,
        CommandRefusedError: 3,
        RequestFailedError: 3,
        TlsFailed: 4,
        VerificationError: 5,
    }
    assert {kind: kind.exit_code for kind in codes} == codes
    assert all(issubclass(kind, HostError) for kind in codes)


# --- bring-up -----------------------------------------------------------------------------------


def test_bring_up_says_what_the_vendor_says() -> None:
    async def main() -> None:
        modem, module = bench()
        await modem.bring_up()
        assert module.heard == [
            "AT",
            "ATE0",
            "AT+CMEE=1",
            "AT+CPIN?",
            "AT+CSQ",
            "AT+CGATT?",
            "AT+CEREG?",
            'AT+SAPBR=3,1,"CONTYPE","GPRS"',
            'AT+SAPBR=3,1,"APN",""',
            "AT+SAPBR=1,1",
            "AT+SAPBR=2,1",
        ]

    run_virtual(main())


def test_bring_up_waits_for_a_slow_module() -> None:
    async def main() -> None:
        modem, module = bench()
        answers = {
            "AT+CPIN?": [b"\r\n+CME ERROR: 14\r\n"] * 3,
            "AT+CSQ": [b"\r\n+CSQ: 99,99\r\n\r\nOK\r\n", b"\r\n+CSQ: 0,0\r\n\r\nOK\r\n"],
            "AT+CGATT?": [b"\r\n+CGATT: 0\r\n\r\nOK\r\n"],
            "AT+CEREG?": [b"\r\n+CEREG: 0,2\r\n\r\nOK\r\n", b"\r\n+CEREG:0,5\r\n\r\nOK\r\n"],
        }

        def late(line: str) -> bytes:
            if len(answers[line]) == 1:
                del module.instead[line]
            return answers[line].pop(0)

        module.instead = dict.fromkeys(answers, late)
        await modem.bring_up()
        assert module.bearer_open
        assert LoopClock().now() == pytest.approx(0.5 * 7)

    run_virtual(main())


@pytest.mark.parametrize(
    ("command", "answer", "advice"),
    [
        ("AT+CPIN?", b"\r\n+CME ERROR: 10\r\n", "SIM is not ready"),
        (
            "AT+CPIN?",
            b"\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n",
            r"\+CPIN: SIM PIN; the SIM needs its PIN",
        ),
        ("AT+CSQ", b"\r\n+CSQ: 99,99\r\n\r\nOK\r\n", "no signal"),
        ("AT+CGATT?", b"\r\n+CGATT: 0\r\n\r\nOK\r\n", "not attached"),
        ("AT+CEREG?", b"\r\n+CEREG: 0,3\r\n\r\nOK\r\n", "not registered"),
    ],
)
def test_bring_up_names_what_is_missing(command: str, answer: bytes, advice: str) -> None:
    async def main() -> None:
        modem, module = bench()
        module.instead[command] = answer
        with pytest.raises(CommandRefusedError, match=advice) as caught:
            await modem.bring_up(Patience(sim_polls=2, network_polls=2))
        assert caught.value.script == "bring-up"
        assert caught.value.sent == command

    run_virtual(main())


def test_bearer_that_is_open_already_is_fine_and_a_refused_one_is_not() -> None:
    async def main() -> None:
        modem, module = bench()
        module.bearer_open = True
        assert await modem.bearer.open() == "10.0.0.7"
        await modem.bearer.close()
        module.instead["AT+SAPBR=1"] = b"\r\n+CME ERROR: 3\r\n"
        with pytest.raises(CommandRefusedError, match=r"bearer: step 3: .*APN"):
            await modem.bearer.open()

    run_virtual(main())


def test_bearer_in_the_unquoted_style_and_still_connecting() -> None:
    async def main() -> None:
        modem, module = bench()
        states = [b'+SAPBR: 1,0,"0.0.0.0"', b"+SAPBR: 1,1,010.169.179.213"]
        module.instead["AT+SAPBR=2"] = lambda line: b"\r\n%b\r\n\r\nOK\r\n" % states.pop(0)
        assert await modem.bearer.open() == "010.169.179.213"

    run_virtual(main())


def test_credentials_reach_the_bearer() -> None:
    async def main() -> None:
        near, far = memory_pair()
        module = FakeModule(far)
        modem = Modem(near, apn="cmiot", user="u", password="p")
        await modem.bearer.open()
        assert 'AT+SAPBR=3,1,"APN","cmiot"' in module.heard
        assert 'AT+SAPBR=3,1,"USER","u"' in module.heard
        assert 'AT+SAPBR=3,1,"PWD","p"' in module.heard
        with pytest.raises(UsageError, match="APN has 51 bytes, a module takes 50"):
            Modem(memory_pair()[0], apn="x" * 51)

    run_virtual(main())


def test_identity_and_limits() -> None:
    async def main() -> None:
        modem, module = bench()
        identity = await modem.identity()
        assert identity.profile == "air724ug"
        assert (identity.manufacturer, identity.model) == ("AirM2M", "Air724UG")
        assert identity.firmware == "AirM2M_Air724UG_V401881_LTE_AT"
        assert (await modem.limits()).chunk == 307_200
        asked = len(module.heard)
        await modem.limits()
        await modem.identity()
        assert len(module.heard) == asked

    run_virtual(main())


@pytest.mark.parametrize(
    ("limit", "streams", "profile", "chunk"),
    [
        (319_488, False, "air724ug", 307_200),
        (130_048, True, "air780e-lsat", 130_048),
        (3_356, True, "air780e-at", 3_356),
        (5_000, False, None, 5_000),
    ],
)
@pytest.mark.parametrize("says", [True, False])
def test_profile_comes_from_what_it_says_and_chunk_from_its_limits(
    limit: int, streams: bool, profile: str | None, chunk: int, says: bool
) -> None:
    async def main() -> None:
        modem, module = bench(limit=limit, streams=streams)
        if not says:
            module.instead |= dict.fromkeys(("AT+CGMM", "ATI"), b"\r\nERROR\r\n")
        assert (await modem.identity()).profile == (profile if says else None)
        assert (await modem.limits()).chunk == chunk

    run_virtual(main())


def test_module_without_http() -> None:
    async def main() -> None:
        modem, module = bench()
        module.instead["AT+HTTP"] = b"\r\nERROR\r\n"
        with pytest.raises(CommandRefusedError, match=r"AT\+HTTPINIT.*ERROR; .* or it has none"):
            await modem.get("http://x/")
        assert LoopClock().now() < 60

    run_virtual(main())


# --- requests -----------------------------------------------------------------------------------


def test_get() -> None:
    async def main() -> None:
        modem, module = bench()
        response = await modem.get(URL, headers={"X-Note": 'say "hi"'}, timeout=45)
        assert (response.status, response.body) == (200, b"Hello LuatOS!!!")
        assert response.headers["content-LENGTH"] == "15"
        assert 'AT+HTTPPARA="USER_DEFINED","X-Note: say \\22hi\\22"' in module.heard
        assert 'AT+HTTPPARA="TIMEOUT",45' in module.heard
        assert module.heard[-1] == "AT+HTTPTERM"
        assert module.server.asked[0].headers == 'X-Note: say "hi"\r\n'

    run_virtual(main())


def test_body_larger_than_one_read() -> None:
    async def main() -> None:
        data = bytes(range(256)) * 16
        modem, module = bench(data, limit=3356)
        assert (await modem.get(URL)).body == data
        assert [c for c in module.heard if c.startswith("AT+HTTPREAD=")][1:] == [
            "AT+HTTPREAD=0,3356",
            "AT+HTTPREAD=3356,740",
        ]

    run_virtual(main())


def test_head_and_error_statuses_are_results() -> None:
    async def main() -> None:
        modem, module = bench()
        response = await modem.head(URL)
        assert (response.status, response.headers["etag"], response.body) == (
            200,
            '"v1-AbC"',
            b"",
        )
        module.server.instead = lambda asked: Answer(404, b"not here", {"X": "y"})
        assert (await modem.get(URL)).body == b"not here"

    run_virtual(main())


def test_post_and_empty_post() -> None:
    async def main() -> None:
        modem, module = bench()
        module.server.instead = lambda asked: Answer(201, asked.body[::-1], {"X": "y"})
        body = "中国".encode("gbk")
        response = await modem.post(URL, body, content_type="text/plain")
        assert (response.status, response.body) == (201, body[::-1])
        assert 'AT+HTTPPARA="CONTENT","text/plain"' in module.heard
        assert (await modem.post(URL, b"")).body == b""

    run_virtual(main())


def test_post_too_big_is_streamed_or_refused() -> None:
    async def main() -> None:
        data = bytes(range(256)) * 40
        modem, module = bench(limit=3356, streams=True)
        module.server.instead = lambda asked: Answer(200, asked.body)
        sent: list[int] = []
        response = await modem.post(URL, data, progress=sent.append)
        assert (response.status, response.body) == (200, data)
        assert sent == [3356, 6712, 10068, 10240]
        modem, _ = bench(limit=3356)
        with pytest.raises(UsageError, match="10240 bytes to post: this module takes 3356"):
            await modem.post(URL, data)

    run_virtual(main())


def test_post_data_lost_on_the_line_is_told() -> None:
    async def main() -> None:
        modem, module = bench()

        def lossy(line: str) -> bytes:
            seconds = int(line.split(",")[1]) / 1000
            asyncio.get_running_loop().call_later(seconds, module.say, "OK")
            return b"\r\nDOWNLOAD\r\n"

        module.instead["AT+HTTPDATA=4"] = lossy
        with pytest.raises(CommandRefusedError, match="not all of 4 bytes arrived"):
            await modem.post(URL, b"abcd")

    run_virtual(main())


def test_a_post_is_not_repeated_once_it_may_have_been_sent() -> None:
    async def main() -> None:
        modem, module = bench()
        module.server.failures = [601]
        with pytest.raises(RequestFailedError, match="601"):
            await modem.post(URL, b"order")
        # Behind a redirect 603 may come when the first server has had it all.
        module.server.failures = [603]
        with pytest.raises(RequestFailedError, match="603"):
            await modem.post(URL, b"order")
        module.server.failures = [603, None]
        assert (await modem.post(URL, b"order", redirects=False)).status == 200
        assert len(module.server.asked) == 1

    run_virtual(main())


def test_session_left_over_by_another_program_is_ended() -> None:
    async def main() -> None:
        modem, module = bench()
        module.inited = True
        assert (await modem.get(URL)).status == 200
        heard = [c for c in module.heard if c in ("AT+HTTPINIT", "AT+HTTPTERM")]
        assert heard == ["AT+HTTPINIT", "AT+HTTPTERM", "AT+HTTPINIT", "AT+HTTPTERM"]

    run_virtual(main())


@pytest.mark.parametrize("status", [600, 601, 408, 603, 604, 606])
def test_failures_that_pass(status: int) -> None:
    async def main() -> None:
        modem, module = bench()
        await modem.bearer.open()
        module.server.failures = [status, status]
        assert (await modem.get(URL)).status == 200
        rebuilt = module.heard.count("AT+SAPBR=0,1")
        assert rebuilt == (2 if status in (601, 408) else 0)
        waited = LoopClock().now()
        assert waited > 10 if status == 604 else waited < 3

    run_virtual(main())


@pytest.mark.parametrize(
    ("status", "attempts", "kind", "text"),
    [
        (600, 4, RequestFailedError, "not HTTP"),
        (601, 4, RequestFailedError, "network error"),
        (602, 1, RequestFailedError, "does not fit"),
        (603, 4, RequestFailedError, "host name was not resolved"),
        (605, 2, TlsFailed, "no TLS channel"),
        (606, 4, TlsFailed, "TLS channel broke"),
        (408, 4, RequestFailedError, "time-out"),
    ],
)
def test_failures_that_stay(
    status: int, attempts: int, kind: type[RequestFailedError], text: str
) -> None:
    async def main() -> None:
        modem, module = bench()
        module.server.failures = [status] * 9
        with pytest.raises(kind, match=text) as caught:
            await modem.get(URL)
        assert caught.value.status == status
        assert f"+HTTPACTION: 0,{status},0" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert module.heard.count("AT+HTTPACTION=0") == attempts
        assert module.heard.count("AT+SAPBR=0,1") == {601: 3, 408: 3, 603: 1}.get(status, 0)

    run_virtual(main())


def test_bearer_taken_away_counts_as_601_and_is_rebuilt() -> None:
    async def main() -> None:
        modem, module = bench()
        await modem.bearer.open()

        def lose(line: str) -> bytes:
            del module.instead["AT+HTTPACTION"]
            module.bearer_open = False
            return b"\r\nOK\r\n\r\n+SAPBR 1: DEACT\r\n\r\n+HTTPACTION: 0,601,0\r\n"

        module.instead["AT+HTTPACTION"] = lose
        assert (await modem.get(URL)).status == 200
        assert module.bearer_open
        assert not modem.bearer.taken_away
        module.bearer_open = False
        module.say("+SAPBR 1: DEACT")
        await modem.command("AT")
        assert modem.bearer.taken_away
        assert (await modem.get(URL)).status == 200
        assert module.bearer_open

    run_virtual(main())


def test_no_urc_at_all() -> None:
    async def main() -> None:
        modem, module = bench()
        module.instead["AT+HTTPACTION"] = b"\r\nOK\r\n"
        with pytest.raises(NoAnswerError, match=r"get: step \d+: sent AT\+HTTPACTION=0.*20 s"):
            await modem.get(URL, timeout=10, retry=Retry(attempts=2))
        assert module.heard.count("AT+HTTPACTION=0") == 2
        assert module.heard[-1] == "AT+HTTPTERM"

    run_virtual(main())


def test_body_lost_on_the_line_is_read_again() -> None:
    async def main() -> None:
        modem, module = bench(bytes(4000))
        module.spoil = [lambda output: output[:1000], lambda output: output[:-8]]
        assert (await modem.get(URL)).body == bytes(4000)
        assert len(module.server.asked) == 1
        module.spoil = [lambda output: output[:100]] * 6
        with pytest.raises(NoAnswerError, match=r"6 times; .*flow control"):
            await modem.get(URL, retry=Retry(attempts=1))

    run_virtual(main())


def test_interrupted_request_leaves_at_once_and_the_next_one_works() -> None:
    async def main() -> None:
        modem, module = bench()
        module.action_seconds = 50
        task = asyncio.create_task(modem.get(URL))
        await asyncio.sleep(5)
        task.cancel()
        before = LoopClock().now()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert LoopClock().now() == before
        module.action_seconds = 0.1
        assert (await modem.get(URL)).status == 200

    run_virtual(main())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"url": "http://x/" + "a" * 500}, "509 bytes, a module takes 1 to 500"),
        ({"url": ""}, "0 bytes"),
        ({"url": 'http://x/"'}, "write %20 or %22"),
        ({"url": "http://x/\r\nAT+CPOWD=1"}, "blank or a quote"),
        ({"url": "http://x/\udc80"}, "is not UTF-8"),
        ({"url": "notaurl"}, "'notaurl' has no http:// or https://: write http"),
        ({"url": "ftp://x"}, "does not speak 'ftp'"),
        ({"url": "http://"}, "names no host"),
        ({"url": "http:///path"}, "names no host"),
        ({"url": "http://:80/"}, "names no host"),
        ({"url": "http://u:p@/"}, "names no host"),
        ({"url": "http://[::1/"}, "no host that makes sense"),
        ({"url": "http://host:99999/"}, "no port from 1 to 65535"),
        ({"url": "http://host:0/"}, "no port from 1 to 65535"),
        ({"url": "http://host:port/"}, "no port from 1 to 65535"),
        ({"url": URL, "timeout": 0}, "0 s is not 1 to 65535"),
        ({"url": URL, "headers": {"A": "b\r\nC: d"}}, "header A holds the control character"),
        ({"url": URL, "headers": {"A b": "b"}}, "'A b' cannot be the name of a header"),
        ({"url": URL, "content_type": "a\rb"}, "Content-Type holds the control character"),
        ({"url": URL, "content_type": 'x";+CFUN=0'}, "Content-Type holds a quote"),
    ],
)
def test_what_cannot_be_said_in_a_command_is_refused(options: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        Setup.of(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    ["HTTP://h", "https://u:p@h:8443/a?b#c", "http://[::1]:80/", "http://h/path:81", "http://h/ö"],
)
def test_urls_a_module_takes(url: str) -> None:
    assert Setup.of(url).url == url


@pytest.mark.parametrize("told", [0, 3])
def test_a_length_that_lost_a_digit_is_that_of_the_headers(told: int) -> None:
    """+HTTPACTION says 0 or 3 bytes of 15: the buffer has all of them."""

    async def main() -> None:
        near, far = memory_pair()
        module, modem = FakeModule(far, FakeServer(b"Hello LuatOS!!!")), Modem(near)
        say = module.say
        spoil = lambda text: say(text.replace("0,200,15", f"0,200,{told}"))  # noqa: E731
        module.say = spoil  # type: ignore[method-assign]
        assert (await modem.get("http://files.example/x")).body == b"Hello LuatOS!!!"
        await modem.close()

    run_virtual(main())


def test_nothing_is_believed_to_be_empty_that_is_not() -> None:
    """+HTTPACTION lost its digits once, and the module gives no headers."""

    async def main() -> None:
        near, far = memory_pair()
        module, modem = FakeModule(far, FakeServer(b"Hello LuatOS!!!")), Modem(near)
        module.instead["AT+HTTPHEAD"] = b"\r\n+CME ERROR: 3\r\n"
        say, damaged = module.say, ["0,200,0"]
        module.say = lambda text: say(  # type: ignore[method-assign]
            text.replace("0,200,15", damaged.pop()) if "0,200,15" in text and damaged else text
        )
        assert (await modem.get("http://files.example/x")).body == b"Hello LuatOS!!!"
        assert not damaged
        await modem.close()

    run_virtual(main())
