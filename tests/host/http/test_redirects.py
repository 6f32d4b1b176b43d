"""Redirects: where a request ends up, with what, on every path; and what is never sent anywhere."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import run_virtual
from atwin.host.errors import CommandRefusedError, RequestFailedError, ServerError, UsageError
from atwin.host.http.following import is_certain, with_letters_of
from atwin.host.http.redirects import Header, RedirectError, Redirects, Way, next_target
from atwin.host.http.session import HttpSession
from atwin.host.http.setup import Setup
from atwin.host.http.statuses import GET, HEAD
from atwin.host.identity import Limits
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from support.modules.fake_module import Answer as FakeAnswer
from support.modules.fake_module import Asked as FakeAsked
from support.modules.fake_module import FakeModule, FakeServer
from support.servers.web import Answer, Asked, Web, in_front_of, without_tls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from atwin.host.http.request import Response

#: Of any module.
LIMITS = Limits(3072, 3072, streams=True)
STATUSES = (301, 302, 303, 307, 308)
#: What Location says; `{s}` is the scheme of the first URL.
LOCATIONS = {
    "relative": "/There",
    "beside": "There",
    "digits": "/42",
    "query": "?Next=1",
    "network path": "//b.example/There",
    "absolute": "{s}://a.example/There",
    "elsewhere": "{s}://b.example/There",
    "to https": "https://a.example/There",
    "to http": "http://a.example/There",
    "ftp": "ftp://a.example/There",
    "script": "javascript:alert(1)",
    "long": "/" + "x" * 500,
    "none": None,
}
#: Where that leads from `{s}://a.example/Dir/From`; None: nowhere.
LEADS_TO = {
    "relative": "{s}://a.example/There",
    "beside": "{s}://a.example/Dir/There",
    "digits": "{s}://a.example/42",
    "query": "{s}://a.example/Dir/From?Next=1",
    "network path": "{s}://b.example/There",
    "absolute": "{s}://a.example/There",
    "elsewhere": "{s}://b.example/There",
    "to https": "https://a.example/There",
    "to http": "http://a.example/There",
    "long": "{s}://a.example/" + "x" * 500,
}
BODY = b"what is posted"
PAGE = b"<p>moved</p>"


@pytest.fixture(autouse=True)
def plain_https(monkeypatch: pytest.MonkeyPatch) -> None:
    without_tls(monkeypatch)


def redirecting(status: int, location: str | None, start: str = "/Dir/From") -> Web:
    """`start` redirects, everything else answers `found`, in any letter case."""

    def answer(asked: Asked) -> Answer:
        if asked.path != start:
            return Answer(200, {"ETag": '"e"'}, b"found")
        return Answer(status, {} if location is None else {"Location": location}, PAGE)

    return Web(answer)


def expected(model: str, method: str, status: int, kind: str, scheme: str) -> str:
    """The one sentence about what must come out: `METHOD URL`, or what the error says."""
    if kind in ("ftp", "script"):
        return "not an http or https URL for a module"
    if kind == "none":
        return "does not say where to"
    if kind == "to http" and scheme == "https":
        return "from https to http"
    if kind == "long" and (scheme == "https" or (method == "POST" and model != "air724ug")):
        return "longer than a module takes"
    if model == "air724ug" and method == "POST" and scheme == "https" and kind != "digits":
        return "has had the POST"
    if method == "POST" and status in (301, 302, 303):
        method = "GET"
    return f"{method} {LEADS_TO[kind].format(s=scheme)}"


async def outcome(
    modem: Modem, method: str, url: str, **options: Any
) -> tuple[Response | None, RedirectError | None]:
    """What `ask` gives, or raises."""
    try:
        return await ask(modem, method, url, **options), None
    except RedirectError as error:
        return None, error


async def ask(modem: Modem, method: str, url: str, **options: Any) -> Response:
    match method:
        case "GET":
            return await modem.get(url, **options)
        case "HEAD":
            return await modem.head(url, **options)
        case _:
            return await modem.post(url, BODY, content_type="text/odd", **options)


@pytest.mark.sampled("model")
@pytest.mark.parametrize("kind", LOCATIONS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("model", MODELS)
def test_every_redirect(model: str, method: str, kind: str) -> None:
    """Each on one model a run, on every model in `make prove`."""

    async def main(scheme: str) -> None:
        location = LOCATIONS[kind]
        if location is not None:
            location = location.format(s=scheme)
        web = Web(lambda asked: Answer())
        async with in_front_of(web, "a.example", "b.example", model=model) as modem:
            for status in STATUSES:
                web.answer = redirecting(status, location).answer
                web.log.clear()
                want = expected(model, method, status, kind, scheme)
                response, error = await outcome(modem, method, f"{scheme}://a.example/Dir/From")
                check(web, want, response, error, f"{status} {scheme}")

    def check(
        web: Web, want: str, response: Response | None, error: RedirectError | None, case: str
    ) -> None:
        if error is not None:
            assert want in str(error), case
            assert f"({case[:3]})" in str(error), case
            assert (error.status, error.exit_code) == (int(case[:3]), 1), case
        if response is not None:
            last, found = web.log[-1], b"" if method == "HEAD" else b"found"
            assert f"{last.method} {last.url}" == want, case
            assert (response.status, response.body) == (200, found), case
            posted = last.method == "POST"
            assert last.body == (BODY if posted else b""), case
            assert last.headers.get("content-type") == ("text/odd" if posted else None), case
        posts = [asked.url for asked in web.log if asked.method == "POST"]
        assert len(posts) == len(set(posts)), case
        if "https" in case:
            assert {asked.base[:5] for asked in web.log} == {"https"}, case

    for scheme in ("http", "https"):
        run_virtual(main(scheme))


@pytest.mark.parametrize("status", [300, 304, 305, 200, 404])
@pytest.mark.parametrize("model", MODELS)
def test_what_is_no_redirect_is_an_answer(model: str, status: int) -> None:
    async def main() -> None:
        web = redirecting(status, "/There")
        async with in_front_of(web, "a.example", model=model) as modem:
            for method in ("GET", "HEAD", "POST"):
                response = await ask(modem, method, "http://a.example/Dir/From")
                assert response.status == status
            assert {asked.path for asked in web.log} == {"/Dir/From"}

    run_virtual(main())


# --- a body that is streamed --------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_a_streamed_post(model: str, scheme: str, status: int) -> None:
    data = bytes(range(256)) * 600

    async def main() -> None:
        web = redirecting(status, "/There")
        async with in_front_of(web, "a.example", model=model) as modem:
            response = await modem.post(f"{scheme}://a.example/Dir/From", data)
            assert (response.status, response.body) == (200, b"found")
        method, body = ("GET", b"") if status < 307 else ("POST", data)
        assert [(a.method, a.path) for a in web.log] == [("POST", "/Dir/From"), (method, "/There")]
        assert [a.body for a in web.log] == [data, body]

    run_virtual(main())


@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_a_streamed_post_never_goes_to_http(model: str) -> None:
    async def main() -> None:
        web = redirecting(307, "http://a.example/There")
        async with in_front_of(web, "a.example", model=model) as modem:
            with pytest.raises(RedirectError, match="from https to http"):
                await modem.post("https://a.example/Dir/From", bytes(200_000))
        assert [a.url for a in web.log] == ["https://a.example/Dir/From"]

    run_virtual(main())


# --- what goes along ----------------------------------------------------------------------------

SECRETS = [
    Header("Authorization", "Bearer b"),
    Header("Cookie", "c=d"),
    Header("X-Api-Token", "e"),
    Header("X-Plain", "f", secret=True),
]
OPEN = [Header("Accept", "text/plain"), Header("X-Device", "7")]


@pytest.mark.sampled("model")
@pytest.mark.parametrize(
    ("location", "stays"),
    [
        ("/There", True),
        ("http://a.example/There", True),
        ("http://A.EXAMPLE:80/There", True),
        ("https://a.example/There", False),
        ("http://b.example/There", False),
        ("//b.example/There", False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("model", MODELS)
def test_secrets_stay_with_the_first_server(
    model: str, method: str, location: str, stays: bool
) -> None:
    """Each on one model a run, on every model in `make prove`."""

    async def main() -> None:
        web = redirecting(302, location)
        async with in_front_of(web, "a.example", "b.example", model=model) as modem:
            url = "http://a.example/Dir/From"
            _, error = await outcome(modem, method, url, headers=[*SECRETS, *OPEN])
            if error is None:
                assert web.log[-1].path == "/There"
            else:
                assert model == "air724ug"
                text = "has had the POST" if method == "POST" else "would send it the password"
                assert text in str(error)
                assert method == "POST" or not stays
        for asked in web.log:
            sent = {h.name for h in [*SECRETS, *OPEN] if asked.headers.get(h.name.lower())}
            home = asked.base == "http://a.example"
            assert sent == {h.name for h in ([*SECRETS, *OPEN] if home else OPEN)}, asked

    run_virtual(main())


@pytest.mark.parametrize("location", ["/There", "http://a.example/There"])
@pytest.mark.parametrize("model", MODELS)
def test_user_and_password_of_the_url(model: str, location: str) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Basic dXNlcjpwOncgZA==":
            return Answer(401)
        if asked.path == "/x":
            return Answer(301, {"Location": location})
        return Answer(200, {}, b"found")

    async def main() -> None:
        async with in_front_of(Web(answer), "a.example", model=model) as modem:
            response = await modem.get("http://user:p%3Aw%20d@a.example/x")
            assert response.body == b"found"

    run_virtual(main())


def test_secrets_do_not_come_back() -> None:
    """The server in between chose where on the first one."""
    chain = {"/1": "http://b.example/2", "/2": "http://a.example/3"}

    async def main() -> None:
        web = Web(
            lambda asked: (
                Answer(302, {"Location": chain[asked.path]})
                if asked.path in chain
                else Answer(200, {}, b"found")
            )
        )
        async with in_front_of(web, "a.example", "b.example", model="air780e-lsat") as modem:
            assert (await modem.get("http://u:p@a.example/1")).body == b"found"
        assert [(a.url, "authorization" in a.headers) for a in web.log] == [
            ("http://a.example/1", True),
            ("http://b.example/2", False),
            ("http://a.example/3", False),
        ]

    run_virtual(main())


def test_a_target_with_a_user_of_its_own() -> None:
    async def main() -> None:
        web = redirecting(302, "http://c:d@b.example/There")
        async with in_front_of(web, "a.example", "b.example", model="air780e-lsat") as modem:
            await modem.get("http://u:p@a.example/Dir/From")
        assert [a.headers["authorization"] for a in web.log] == ["Basic dTpw", "Basic Yzpk"]

    run_virtual(main())


# --- chains -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hops", "ends"), [(1, True), (10, True), (11, False), (99, False)])
def test_so_many_and_no_more(hops: int, ends: bool) -> None:
    def answer(asked: Asked) -> Answer:
        number = int(asked.path[1:])
        return Answer(302, {"Location": f"/{number + 1}"}) if number < hops else Answer(200)

    async def main() -> None:
        web = Web(answer)
        async with in_front_of(web, "a.example", model="air780e-lsat") as modem:
            if ends:
                assert (await modem.get("http://a.example/0")).status == 200
            else:
                with pytest.raises(RedirectError, match="/11, after 10 redirects in a row"):
                    await modem.get("http://a.example/0")
        assert len(web.log) == min(hops, 10) + 1

    run_virtual(main())


GAVE_UP = "the module gave up after following some redirects"


@pytest.mark.parametrize(
    ("model", "text", "most"),
    [("air724ug", GAVE_UP, 7), ("air780e-lsat", "after 10 redirects in a row", 12)],
)
@pytest.mark.parametrize("way", ["get", "head", "download"])
@pytest.mark.parametrize("chain", [("/A",), ("/A", "/B"), ("/A", "/B", "/C", "/7")])
def test_a_loop_is_walked_once(
    model: str, text: str, most: int, way: str, chain: tuple[str, ...], tmp_path: Path
) -> None:
    after = dict(zip(chain, (*chain[1:], chain[0]), strict=True))

    async def main() -> None:
        web = Web(lambda asked: Answer(302, {"Location": after[asked.path]}))
        async with in_front_of(web, "a.example", model=model) as modem:
            target = (tmp_path / "f",) if way == "download" else ()
            with pytest.raises(RedirectError, match=text):
                await getattr(modem, way)("http://a.example/A", *target)
        assert len(web.log) <= most - (way != "download")

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_a_loop_for_heads_alone_is_no_end(model: str, tmp_path: Path) -> None:
    """And a redirect that comes later is one like others."""
    redirect_at = 3

    def answer(asked: Asked) -> Answer:
        gets = [one for one in web.log if one.method == "GET"]
        if asked.method == "HEAD" or (len(gets) >= redirect_at and asked.path == "/From"):
            return Answer(302, {"Location": "/From" if asked.method == "HEAD" else "/Sub/File"})
        return file_at(asked.path, lambda _: Answer(404))(asked)

    web = Web(answer)

    async def main() -> None:
        async with in_front_of(web, "a.example", model=model) as modem:
            await modem.download(
                "http://a.example/From", tmp_path / "f", chunk=1000, strategy="range"
            )
        assert (tmp_path / "f").stat().st_size == SIZE
        assert "/Sub/File" in [asked.path for asked in web.log]

    run_virtual(main())


@pytest.mark.parametrize(
    ("chain", "text"),
    [
        # What is told in lower case is found there as well, so the chain can be seen.
        ({"/From": "/there"}, None),
        ({"/From": "https://b.example/there", "/there": "/end"}, None),
        ({"/From": "https://b.example/there", "/there": "http://a.example/end"}, "https to http"),
        ({"/From": "https://b.example/From/"}, None),
        (
            {"/From": "https://b.example/Sub/x"},
            "answers 404, so where it leads cannot be seen: give the final URL",
        ),
        ({"/From": "/From"}, "after 10 redirects"),
    ],
)
def test_https_on_a_module_that_lower_cases(chain: dict[str, str], text: str | None) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path in chain:
            return Answer(302, {"Location": chain[asked.path]})
        found = any(to.endswith(asked.path) for to in chain.values())
        return Answer(200, {}, b"found") if found else Answer(404)

    async def main() -> None:
        web = Web(answer)
        async with in_front_of(web, "a.example", "b.example", model="air724ug") as modem:
            for ask_for in (modem.get, modem.head):
                if text is None:
                    response = await ask_for("https://a.example/From")
                    assert response.status == 200
                else:
                    with pytest.raises(RedirectError, match=text):
                        await ask_for("https://a.example/From")
            assert {a.base[:5] for a in web.log} == {"https"}
            if text is not None and "final URL" in text:
                blindly = Redirects(allow_downgrade=True)
                got = await modem.get("https://a.example/From", redirects=blindly)
                assert got.body == b"found"

    run_virtual(main())


# --- what is wished -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_a_downgrade_that_is_allowed(model: str) -> None:
    async def main() -> None:
        web = redirecting(302, "http://a.example/There")
        allowed = Redirects(allow_downgrade=True)
        async with in_front_of(web, "a.example", model=model) as modem:
            url = "https://a.example/Dir/From"
            assert (await modem.get(url, redirects=allowed)).body == b"found"
            assert (await modem.post(url, b"x", redirects=allowed)).body == b"found"
        assert web.log[-1].url == "http://a.example/There"

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_no_redirect(model: str, tmp_path: Path) -> None:
    async def main() -> None:
        web = redirecting(302, "/There")
        async with in_front_of(web, "a.example", model=model) as modem:
            url = "http://a.example/Dir/From"
            for method in ("GET", "HEAD", "POST"):
                response = await ask(modem, method, url, redirects=False)
                assert response.status == 302
                assert response.body == (b"" if method == "HEAD" else PAGE)
            with pytest.raises(RedirectError, match=r"\(302\) to .*here, and redirects are not"):
                await modem.download(url, tmp_path / "f", redirects=False)
        assert {asked.path for asked in web.log} == {"/Dir/From"}

    run_virtual(main())


def test_https_only() -> None:
    only = Redirects(https_only=True)
    with pytest.raises(UsageError, match=r"http://\*\*\*@a.example/ is not an https URL"):
        Setup.of("http://u:p@a.example/", redirects=only)
    with pytest.raises(UsageError, match="take one of the two"):
        Redirects(https_only=True, allow_downgrade=True)
    way = Way("https://a.example/", (), "")
    with pytest.raises(RedirectError, match="not https: refused"):
        next_target(way, 302, "http://b.example/", only)


# --- downloads ----------------------------------------------------------------------------------

SIZE = 20_000


def file_at(path: str, then: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """A file with ranges at `path`; `then` answers the rest."""
    data = bytes(index * 7 % 251 for index in range(SIZE))

    def answer(asked: Asked) -> Answer:
        if asked.path.lower() != path.lower():
            return then(asked)
        span = asked.headers.get("range", "").removeprefix("bytes=")
        headers = {"ETag": '"e1"', "Accept-Ranges": "bytes"}
        if asked.method == "HEAD" or not span:
            return Answer(200, headers, data)
        first, last = (int(number or SIZE - 1) for number in span.split("-"))
        last = min(last, SIZE - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{SIZE}"
        return Answer(206, headers, data[first : last + 1])

    return answer


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("model", MODELS)
def test_a_download_is_resolved_once(model: str, scheme: str, head: bool, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.method == "HEAD" and not head:
            return Answer(405)
        return Answer(302, {"Location": f"{scheme}://b.example/Sub/File"})

    async def main() -> None:
        web = Web(file_at("/Sub/File", answer))
        async with in_front_of(web, "a.example", "b.example", model=model) as modem:
            url = (
                f"{scheme}://u:p@a.example/x" if model != "air724ug" else f"{scheme}://a.example/x"
            )
            done = await modem.download(url, tmp_path / "f", chunk=3000, strategy="range")
        assert done.url == url
        assert done.final_url == (None if model == "air724ug" else f"{scheme}://b.example/Sub/File")
        assert (tmp_path / "f").read_bytes()[:3] == bytes((0, 7, 14))
        assert (tmp_path / "f").stat().st_size == SIZE
        first = [a for a in web.log if a.base.endswith("a.example")]
        if model != "air724ug":
            assert [asked.method for asked in first] == ["HEAD", "GET"]
            assert all("authorization" not in a.headers for a in web.log if a not in first)

    run_virtual(main())


def test_a_target_that_runs_out_is_resolved_again(tmp_path: Path) -> None:
    """A signed URL is good for four requests."""
    signatures, uses = itertools.count(), 0

    def answer(asked: Asked) -> Answer:
        nonlocal uses
        if asked.path == "/x":
            uses = 0
            return Answer(302, {"Location": f"/Signed?n={next(signatures)}"})
        uses += 1
        if uses > 4:
            return Answer(403, {}, b"expired")
        return file_at(asked.path, lambda asked: Answer(500))(asked)

    async def main() -> None:
        web = Web(answer)
        async with in_front_of(web, "a.example", model="air780e-lsat") as modem:
            await modem.download("http://a.example/x", tmp_path / "f", chunk=3000, strategy="range")
        assert (tmp_path / "f").stat().st_size == SIZE
        # One for the HEAD, and two for the parts.
        assert next(signatures) == 3

    run_virtual(main())


def test_a_good_target_that_leads_away_is_asked_again_next_time() -> None:
    """A captive portal in the middle: its page is judged, the rest is not asked for there."""
    steps = iter(["/Good", None, "http://portal.example/Login", None, None])
    asked_at: list[str] = []

    def answer(asked: Asked) -> Answer:
        asked_at.append(asked.url)
        location = None if "portal" in asked.base else next(steps)
        return Answer(200) if location is None else Answer(302, {"Location": location})

    async def main() -> None:
        near = ("a.example", "portal.example")
        async with in_front_of(Web(answer), *near, model="air780e-lsat") as modem:
            session = HttpSession(modem.channel, Setup.of("http://u:p@a.example/x"), LIMITS)
            async with session:
                await session.open()
                for method in (GET, GET, HEAD):
                    assert (await session.action(method)).status == 200
                await session.stream.start(GET)
                assert await session.stream.drain(lambda data: None) == 200
        assert asked_at == [
            "http://a.example/x",
            "http://a.example/Good",
            "http://a.example/Good",
            "http://portal.example/Login",
            "http://a.example/Good",
            "http://a.example/Good",
        ]

    run_virtual(main())


@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_where_a_head_is_led_a_get_need_not_go(model: str) -> None:
    async def main() -> None:
        web = Web(
            lambda asked: (
                Answer(302, {"Location": "/Landing"})
                if asked.method == "HEAD" and asked.path == "/x"
                else Answer(200, {}, asked.path.encode())
            )
        )
        async with in_front_of(web, "a.example", model=model) as modem:
            session = HttpSession(modem.channel, Setup.of("http://a.example/x"), LIMITS)
            async with session:
                await session.open()
                for method in (HEAD, GET, HEAD, GET):
                    assert (await session.action(method)).status == 200
        assert [asked.path for asked in web.log if asked.method == "GET"] == ["/x", "/x"]

    run_virtual(main())


@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_a_target_out_of_reach_is_left_for_another(model: str) -> None:
    """A mirror is down: the first URL leads to the next one when it is asked again."""
    mirrors = iter(["down.example", "b.example"])

    async def main() -> None:
        web = Web(
            lambda asked: (
                Answer(302, {"Location": f"http://{next(mirrors)}/There"})
                if asked.path == "/x"
                else Answer(200, {}, b"found")
            )
        )
        async with in_front_of(web, "a.example", "b.example", model=model) as modem:
            assert (await modem.get("http://a.example/x")).body == b"found"

    run_virtual(main())


def test_a_post_is_not_sent_again_for_a_target_out_of_reach() -> None:
    async def main() -> None:
        web = redirecting(303, "http://down.example/There")
        async with in_front_of(web, "a.example", model="air780e-lsat") as modem:
            with pytest.raises(RequestFailedError):
                await modem.post("http://a.example/Dir/From", b"x")
        assert [asked.method for asked in web.log] == ["POST"]

    run_virtual(main())


def test_a_target_that_never_was_good_is_not_asked_for_ever(tmp_path: Path) -> None:
    async def main() -> None:
        web = Web(
            lambda asked: Answer(302, {"Location": "/Gone"}) if asked.path == "/x" else Answer(404)
        )
        async with in_front_of(web, "a.example", model="air780e-lsat") as modem:
            with pytest.raises(ServerError, match="404"):
                await modem.download("http://a.example/x", tmp_path / "f")
        assert len(web.log) < 6

    run_virtual(main())


# --- modules that differ ------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [b"\r\nOK\r\n", b"\r\n+CME ERROR: 3\r\n"])
def test_a_module_that_tells_no_headers_follows_by_itself(headers: bytes) -> None:
    async def main() -> None:
        near, far = memory_pair()
        server = FakeServer(b"found")
        module, modem = FakeModule(far, server, limit=5000), Modem(near)
        module.instead["AT+HTTPHEAD"] = headers
        # A model nobody knows: of an Air724UG the host knows what its headers are like.
        module.instead["AT+CGMM"] = module.instead["ATI"] = b"\r\nERROR\r\n"

        def answer(asked: FakeAsked) -> FakeAnswer:
            followed = module.parameters["REDIR"] == "1"
            return FakeAnswer(200, b"found", {"X": "y"}) if followed else FakeAnswer(302)

        server.instead = answer
        assert (await modem.get("http://files.example/x")).body == b"found"
        for ask_for in (modem.get, modem.head):
            with pytest.raises(RedirectError, match="the module does not say where to"):
                await ask_for("https://files.example/x")
        with pytest.raises(RedirectError, match="the module does not say where to"):
            await modem.post("http://files.example/x", b"x")

    run_virtual(main())


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_module_that_cannot_follow(lowercase: bool) -> None:
    async def main() -> None:
        near, far = memory_pair()
        module, modem = FakeModule(far, FakeServer(b"found"), lowercase=lowercase), Modem(near)
        module.instead['AT+HTTPPARA="REDIR",1'] = b"\r\n+CME ERROR: 53\r\n"
        module.server.instead = lambda asked: (
            FakeAnswer(302, b"", {"Location": "/There"})
            if module.parameters["URL"].endswith("/x")
            else None
        )
        for ask_for in (modem.get, modem.head):
            if lowercase:
                with pytest.raises(RedirectError, match="cannot follow: give the final URL"):
                    await ask_for("http://files.example/x")
            else:
                assert (await ask_for("http://files.example/x")).status == 200

    run_virtual(main())


def test_a_module_without_redirects_is_not_made_to_say_so() -> None:
    async def main() -> None:
        near, far = memory_pair()
        module, modem = FakeModule(far, FakeServer(b"found"), limit=5000), Modem(near)
        module.instead['AT+HTTPPARA="REDIR"'] = b"\r\n+CME ERROR: 53\r\n"
        assert (await modem.get("http://files.example/x")).body == b"found"

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_a_redirect_with_more_body_than_the_buffer_holds(model: str) -> None:
    """The module says 602 and no status; the header block is there all the same."""

    async def main() -> None:
        web = Web(
            lambda asked: (
                Answer(302, {"Location": "/There"}, bytes(400_000))
                if asked.path == "/x"
                else Answer(200, {}, b"found")
            )
        )
        async with in_front_of(web, "a.example", model=model) as modem:
            assert (await modem.get("http://a.example/x")).body == b"found"

    run_virtual(main())


# --- what a Location may be ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/a b", "http://h.example/a%20b"),
        ('/a"b', "http://h.example/a%22b"),
        ("/\xc3\xa4", "http://h.example/%C3%A4"),
        ("/a\x1b[2J\x7f", "http://h.example/a%1B[2J%7F"),
        ("/x#part", "http://h.example/x"),
        ("  /x\t", "http://h.example/x"),
        ("../x", "http://h.example/x"),
        ("HTTP://H.Example/x", "http://H.Example/x"),
        ("//u:p@h.example/x", "http://h.example/x"),
    ],
)
def test_locations_are_read_as_they_are_sent(location: str, url: str) -> None:
    way = Way("http://h.example/dir/from", (), "")
    assert next_target(way, 302, location, Redirects()).url == url


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1/x",
        "http://h:99999/",
        "https://",
        "data:,x",
        "file:///etc/passwd",
        "javascript:\x1b[2J",
    ],
)
def test_locations_that_lead_nowhere(location: str) -> None:
    way = Way("http://h.example/dir/from?token=abc", (), "")
    with pytest.raises(RedirectError, match="not an http or https URL for a module") as caught:
        next_target(way, 302, location, Redirects())
    text = str(caught.value)
    assert text.isprintable()
    assert location.isprintable() or "%1B" in text
    assert "abc" not in text


def test_secrets_of_a_target_are_not_told() -> None:
    way = Way("https://u:geheim@h.example/x?pw=geheim", (), "")
    with pytest.raises(RedirectError) as caught:
        next_target(way, 302, "http://a:geheim@b.example/?sig=geheim", Redirects())
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("known", "told", "likely"),
    [
        ("https://a/Fw/File.Bin", "https://a/fw/file.bin/", "https://a/Fw/File.Bin/"),
        ("http://A/Fw/File.Bin", "https://b/fw/file.bin", "https://b/Fw/File.Bin"),
        ("http://a/File.Bin", "http://cdn/x/file.bin", "http://cdn/x/File.Bin"),
        ("http://a/Fw/File.Bin", "http://a/fw/v2/file.bin?t=ab", "http://a/Fw/v2/file.bin?t=ab"),
        ("http://a/AA", "http://a/aaa", "http://a/AAa"),
        ("http://a/AAAA", "http://a/aa", "http://a/AA"),
        ("http://a", "http://a/x", "http://a/x"),
        ("http://a/X", "http://b", "http://b"),
    ],
)
def test_letters_that_are_likely(known: str, told: str, likely: str) -> None:
    assert with_letters_of(known, told) == likely


@given(st.text("aB/?", max_size=9), st.text("ab/?", max_size=9))
def test_likely_letters_change_nothing_else(known: str, told: str) -> None:
    likely = with_letters_of(f"http://h/{known}", f"http://h/{told}")
    assert likely.lower() == f"http://h/{told}"


@pytest.mark.parametrize(
    ("location", "certain"),
    [
        ("/42", True),
        ("https://host.example/1/2.3?4", True),
        ("//host.example/", True),
        ("/a", False),
        ("https://host.example/a", False),
        ("42?x=1", False),
    ],
)
def test_letters_that_may_have_been_others(location: str, certain: bool) -> None:
    assert is_certain(location, folded=True) is certain
    assert is_certain(location, folded=False)


# --- headers a module does not take -------------------------------------------------------------


def test_a_module_that_takes_no_headers() -> None:
    """A courtesy is left away; what was asked for ends the request, at once."""

    async def main() -> None:
        near, far = memory_pair()
        module, modem = FakeModule(far, FakeServer(b"found"), limit=5000), Modem(near)
        module.instead['AT+HTTPPARA="USER_DEFINED"'] = b"\r\n+CME ERROR: 53\r\n"
        courtesy = Header("Accept-Encoding", "identity", courtesy=True)
        assert (await modem.get("http://files.example/x", headers=[courtesy])).body == b"found"
        before = len(module.heard)
        with pytest.raises(CommandRefusedError, match="does not take the header X-Key") as caught:
            await modem.get("http://files.example/x", headers={"X-Key": "geheim"})
        assert "geheim" not in str(caught.value)
        again = [line for line in module.heard[before:] if "USER_DEFINED" in line]
        assert again == ['AT+HTTPPARA="USER_DEFINED","X-Key: geheim"']

    run_virtual(main())
