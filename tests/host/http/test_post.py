"""A POST by the buffer or by stream: the server gets it once, and its answer comes whole."""

from __future__ import annotations

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import NoAnswerError, RequestFailedError, TlsFailed, UsageError
from atwin.host.http.request import PostStrategy, choose
from atwin.host.identity import Limits
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from support.modules.fake_module import Answer as FakeAnswer
from support.modules.fake_module import FakeModule, FakeServer
from support.servers.web import Answer, Web, in_front_of, without_tls

URL = "http://a.example/x"
LIMITS = {
    "air724ug": Limits(319_488, 319_488, streams=False),
    "air780e-at": Limits(3356, 3356, streams=True),
    "air780e-lsat": Limits(130_048, 130_048, streams=True),
}


@pytest.mark.parametrize(
    ("model", "strategy", "size", "chosen"),
    [
        ("air724ug", "auto", 0, "buffer"),
        ("air724ug", "auto", 319_488, "buffer"),
        ("air724ug", "auto", 319_489, "takes 319488 at a time, and cannot stream; split them"),
        ("air724ug", "buffer", 319_489, "takes 319488 at a time, and cannot stream"),
        ("air724ug", "stream", 5, "cannot stream: it has no HTTPEXACTION; use buffer"),
        ("air780e-at", "auto", 0, "buffer"),
        ("air780e-at", "auto", 1, "stream"),
        ("air780e-at", "auto", 3357, "stream"),
        ("air780e-at", "stream", 0, "buffer"),
        ("air780e-at", "buffer", 3356, "buffer"),
        ("air780e-at", "buffer", 3357, "takes 3356 at a time, use stream"),
        ("air780e-lsat", "auto", 130_048, "buffer"),
        ("air780e-lsat", "auto", 130_049, "stream"),
        ("air780e-lsat", "stream", 1, "stream"),
        ("air780e-lsat", "odd", 1, "'odd' is not a way to post"),
    ],
)
def test_how_a_body_goes(model: str, strategy: PostStrategy, size: int, chosen: str) -> None:
    if chosen in ("buffer", "stream"):
        assert choose(strategy, size, LIMITS[model]) == chosen
    else:
        with pytest.raises(UsageError, match=chosen):
            choose(strategy, size, LIMITS[model])


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("answer", [0, 1, 4096, 4097, 9000, 131_073])
@pytest.mark.parametrize("size", [0, 3, 3356, 3357])
def test_small_buffers_take_answers_of_any_size(size: int, answer: int, status: int) -> None:
    body = bytes(index % 251 for index in range(answer))

    async def main() -> None:
        web = Web(lambda asked: Answer(status, {"X-Seen": "Yes"}, body))
        async with in_front_of(web, "a.example", model="air780e-at") as modem:
            if not size and answer > 4096:
                with pytest.raises(RequestFailedError, match="has had the POST"):
                    await modem.post(URL, b"")
            else:
                response = await modem.post(URL, bytes(size))
                assert (response.status, response.body) == (status, body)
                assert response.headers["x-seen"] == "Yes"
        assert [(asked.method, asked.body) for asked in web.log] == [("POST", bytes(size))]

    run_virtual(main())


@pytest.mark.parametrize(
    ("model", "strategy", "kept", "advice"),
    [
        ("air724ug", "auto", 319_488, "just to read them; let the server"),
        ("air780e-lsat", "auto", 131_072, "post the next one by stream"),
        ("air780e-at", "buffer", 4096, "post the next one by stream"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_and_not_asked_for_again(
    model: str, strategy: PostStrategy, kept: int, advice: str
) -> None:
    async def main() -> None:
        web = Web(lambda asked: Answer(200, {}, bytes(400_000)))
        async with in_front_of(web, "a.example", model=model) as modem:
            with pytest.raises(RequestFailedError) as caught:
                await modem.post(URL, b"once", strategy=strategy)
        assert len(web.log) == 1
        text = str(caught.value)
        assert f"had the POST and answered with 400000 bytes, of which the buffer holds {kept}" in (
            text
        )
        assert advice in text
        assert "parts" not in text
        assert caught.value.exit_code == 3

    run_virtual(main())


@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_a_stream_that_is_asked_for(model: str) -> None:
    async def main() -> None:
        web = Web(lambda asked: Answer(201, {}, asked.body * 50_000))
        async with in_front_of(web, "a.example", model=model) as modem:
            response = await modem.post(URL, b"abc", strategy="stream")
            assert (response.status, response.body) == (201, b"abc" * 50_000)
        assert len(web.log) == 1

    run_virtual(main())


def silent_about_bodies() -> tuple[Modem, FakeModule]:
    """HTTPEXACTION without a +HTTPEXPOST ever, as on some firmware (docs/spec/http.md §3.11)."""
    near, far = memory_pair()
    module = FakeModule(far, FakeServer(b""), limit=3356, buffer=4096, streams=True)
    module.instead["AT+HTTPEXACTION=1"] = b"\r\nOK\r\n"
    module.server.instead = lambda asked: FakeAnswer(200, asked.body, {"X": "y"})
    return Modem(near), module


def test_a_module_that_never_asks_for_the_body_posts_by_its_buffer() -> None:
    async def main() -> None:
        modem, module = silent_about_bodies()
        assert (await modem.post(URL, b"abc")).body == b"abc"
        assert LoopClock().now() < 40
        assert (await modem.post(URL, b"def")).body == b"def"
        assert LoopClock().now() < 41
        assert module.heard.count("AT+HTTPEXACTION=1,3") == 1
        assert [asked.body for asked in module.server.asked] == [b"abc", b"def"]

    run_virtual(main())


@pytest.mark.parametrize(("size", "strategy"), [(3, "stream"), (3357, "auto"), (3357, "stream")])
def test_where_it_cannot_the_reason_is_told(size: int, strategy: PostStrategy) -> None:
    async def main() -> None:
        modem, module = silent_about_bodies()
        with pytest.raises(NoAnswerError, match=r"the module never asked for the body; .*buffer"):
            await modem.post(URL, bytes(size), strategy=strategy)
        assert module.server.asked == []

    run_virtual(main())


@pytest.mark.parametrize("status", [600, 601, 603, 604, 605, 606, 607, 700, 999])
@pytest.mark.parametrize("body", [b"", b"page"])
@pytest.mark.parametrize("model", MODELS)
def test_statuses_of_a_server_that_are_the_modules_words(
    model: str, body: bytes, status: int
) -> None:
    """What has a body came from a server, and nothing about TLS from an http URL."""
    servers_own = bool(body) or status > 602

    async def main() -> None:
        web = Web(lambda asked: Answer(status, {}, body))
        async with in_front_of(web, "a.example", model=model) as modem:
            if servers_own:
                response = await modem.post(URL, b"x", strategy="buffer")
                assert (response.status, response.body) == (status, body)
            else:
                with pytest.raises(RequestFailedError) as caught:
                    await modem.post(URL, b"x", strategy="buffer")
                assert not isinstance(caught.value, TlsFailed)
        assert len(web.log) == 1

    run_virtual(main())


def test_no_tls_behind_an_https_url_is_still_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    without_tls(monkeypatch)

    async def main() -> None:
        web = Web(lambda asked: Answer(605))
        async with in_front_of(web, "a.example", model="air780e-lsat") as modem:
            with pytest.raises(TlsFailed):
                await modem.get("https://a.example/x")

    run_virtual(main())


@pytest.mark.parametrize("status", [602, 603, 604, 605, 606])
def test_a_stream_with_data_has_the_servers_own_status(status: int) -> None:
    async def main() -> None:
        web = Web(lambda asked: Answer(status, {}, b"page"))
        async with in_front_of(web, "a.example", model="air780e-at") as modem:
            response = await modem.post(URL, b"x", strategy="stream")
            assert (response.status, response.body) == (status, b"page")
        assert len(web.log) == 1

    run_virtual(main())
