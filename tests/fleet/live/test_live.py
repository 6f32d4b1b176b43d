"""Devices in real time: when they come, what becomes of them, and what is refused beforehand."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socketserver
from contextlib import aclosing, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from atwin.fleet.campaign.keys import CampaignError
from atwin.fleet.device.life import Life
from atwin.fleet.device.row import Row
from atwin.fleet.live import live as live_module
from atwin.fleet.live.live import arrival, live, live_all
from atwin.fleet.live.server import look_at
from atwin.fleet.server.members import Fleet
from support.fleet.plans import planned, with_faults
from support.servers import tls_pki, tls_servers
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from atwin.fleet.campaign.campaign import Campaign

FILE = bytes(range(256)) * 80
AT_ONCE = {"curve": "at once"}
#: No line time, and no way to the server.
FAST = [{"model": "air780e-at", "baud": "max"}]
NEAR = [{"rtt": 0}]


def of(url: str, **tables: Any) -> Campaign:
    usual = {"arrival": AT_ONCE, "model": FAST, "link": NEAR, "download": {"size": len(FILE)}}
    return planned(**usual | {"server": {"url": url}} | tables)


def rows_of(campaign: Campaign, numbers: Sequence[int], **options: Any) -> list[Row]:
    async def main() -> list[Row]:
        async with aclosing(live(campaign, numbers, **options)) as rows:
            return [row async for row in rows]

    return asyncio.run(main())


def test_without_asyncio() -> None:
    heard = list[Row]()
    with file_server(file=FILE) as files:
        campaign = of(f"{files.base}/file")
        assert live_all(campaign, range(3), heard=heard.append) == heard
        assert sorted(row.device for row in heard) == [0, 1, 2]

        def refuse(row: Row) -> None:
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="full"):
            live_all(campaign, range(3), heard=refuse)


def test_each_has_its_row_with_its_load() -> None:
    with file_server(file=FILE) as files:
        rows = rows_of(of(f"{files.base}/file"), range(5))
        assert [each.method for each in files.log].count("GET") == 1 + 5, "one is the look at it"
    assert sorted(row.device for row in rows) == [0, 1, 2, 3, 4]
    for row in rows:
        assert (row.ok, row.wrong, row.cause, row.traceback) == (True, False, "", "")
        assert row.payload == len(FILE)
        assert row.connections == row.requests == 2
        (attempt,) = row.attempts
        assert sum(span.down for span in attempt.load) > len(FILE)
        assert 0 < row.connection_seconds < row.seconds
        assert Row.from_dict(json.loads(json.dumps(row.as_dict()))) == row


def test_they_come_as_the_model_of_the_fleet_says() -> None:
    campaign = planned(devices=50)
    row = Life(campaign, campaign.device(0), None).row(0.0)  # type: ignore[arg-type] # no folder
    fleet = Fleet(campaign, [row], replicate=0, whole=False)
    (wave,) = fleet.waves()
    assert sorted(arrival(campaign, number) for number in range(50)) == sorted(
        member.arrival for member in wave.members
    )


def test_they_come_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or wait for a place, where only one may be under way."""
    monkeypatch.setattr(live_module, "arrival", lambda campaign, number: (9 - number) * 0.02)
    under_way, most = 0, 0

    async def alive(life: Life) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1

    monkeypatch.setattr(Life, "live", alive)
    with file_server(file=FILE) as files:
        campaign = of(f"{files.base}/file")
        rows = rows_of(campaign, range(4))
        assert [row.device for row in rows] == [3, 2, 1, 0]
        assert most > 1
        most = 0
        rows_of(campaign, range(4), concurrently=1)
        assert most == 1


def test_one_that_crashes_is_a_row_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Life.live

    async def broken(life: Life) -> None:
        if life.spec.number == 1:
            raise ZeroDivisionError("on purpose")
        await whole(life)

    monkeypatch.setattr(Life, "live", broken)
    with file_server(file=FILE) as files:
        rows = rows_of(of(f"{files.base}/file"), range(3))
    crashed = next(row for row in rows if row.device == 1)
    assert (crashed.ok, crashed.cause) == (False, "crash")
    assert crashed.error == "ZeroDivisionError: on purpose"
    assert "in broken" in crashed.traceback
    assert [row.ok for row in rows].count(True) == 2


def test_faults_happen(tmp_path: Path) -> None:
    tables = {"arrival": AT_ONCE, "model": FAST, "link": NEAR, "download": {"size": len(FILE)}}
    with file_server(file=FILE) as files:
        server = {"url": f"{files.base}/file"}
        fault = 'kind = "reset_connection"\nat_byte = 5000'
        (row,) = rows_of(with_faults(tmp_path, fault, server=server, **tables), [0])
    assert row.ok
    assert row.fired == ("reset_connection",)


def test_another_attempt_follows_after_its_wait() -> None:
    with file_server(file=FILE) as files:
        retry = {"attempts": 3, "after": [0.25, 0.5], "give_up": 1, "restart": False}
        campaign = of(f"{files.base}/file", retry=retry)
        server = asyncio.run(look_at(campaign))
        files.files.clear()
        (row,) = rows_of(campaign, [0], server=server)
    first, second, third = row.attempts
    assert second.began - (first.began + first.seconds) == pytest.approx(0.25, abs=0.2)
    assert third.began - (second.began + second.seconds) >= 0.5
    assert (row.ok, row.cause, row.exit_code) == (False, "server", 1)
    assert row.seconds == third.began + third.seconds


def test_who_wants_no_more_gets_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "arrival", lambda campaign, number: number * 3600)

    async def main(campaign: Campaign) -> None:
        async with aclosing(live(campaign, range(3))) as rows:
            assert (await anext(rows)).device == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with file_server(file=FILE) as files:
        asyncio.run(main(of(f"{files.base}/file")))


def test_https(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(FILE)
    issued = tls_pki.leaf(tls_pki.authority("Test root"))
    with tls_servers.nginx(tmp_path, issued, tmp_path / "body") as port:
        download = {"size": len(FILE), "tls": True}
        (row,) = rows_of(of(f"https://127.0.0.1:{port}/body", download=download), [0])
    assert row.ok, row.error
    assert row.connections == row.requests == 2
    assert row.billed > len(FILE) + 2 * 3000, "two handshakes"


@pytest.mark.parametrize(
    ("path", "tables", "words"),
    [
        ("/file", {"download": {"size": 5}}, "size is 5: the file at URL has more than 5 bytes"),
        ("/file", {"download": {"size": 1 << 20}}, "size is 1,048,576: the file at URL has 20,480"),
        ("/nothing", {}, "[server] url: URL: HTTP Error 404: Not Found"),
        (
            "/file",
            {"download": {"size": len(FILE), "tls": True}},
            "[server] url is URL: [download] tls must be false with it",
        ),
    ],
)
def test_what_the_server_cannot_be(path: str, tables: dict[str, Any], words: str) -> None:
    with file_server(file=FILE) as files, pytest.raises(CampaignError) as raised:
        rows_of(of(files.base + path, **tables), [0])
    said = str(raised.value)
    assert said.startswith("plan.toml: ")
    assert words.replace("URL", files.base + path) in said
    assert "\n" not in said


@contextmanager
def answering(answer: bytes, *, stays: bool = False) -> Iterator[tuple[str, Event]]:
    """A server that says `answer` to everybody, and then goes, or `stays` and says no more.

    Its URL, and what is set when somebody has asked.
    """
    asked, over = Event(), Event()

    class Says(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(answer)
            asked.set()
            if stays:
                over.wait(30)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Says) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/file", asked
        over.set()
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\0\xff\x1b[31m?\r\n\r\n", "it does not speak HTTP: BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nX: %s\r\n\r\n" % bytes(1 << 17), "LineTooLong"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20480\r\n\r\nabc", "has 3 bytes"),
        (b"", "without response"),
    ],
)
def test_a_server_that_answers_nonsense_is_told_in_one_line(answer: bytes, words: str) -> None:
    with answering(answer) as (url, _), pytest.raises(CampaignError, match=words) as raised:
        asyncio.run(look_at(of(url)))
    assert str(raised.value).startswith("plan.toml: [")
    assert str(raised.value).isprintable()


@pytest.mark.timeout(10)
def test_nobody_has_to_wait_for_a_server_that_never_ends() -> None:
    async def main(url: str, asked: Event) -> None:
        look = asyncio.create_task(look_at(of(url)))
        assert await asyncio.to_thread(asked.wait, 5)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 20480\r\n\r\nabc"
    with answering(head, stays=True) as (url, asked):
        asyncio.run(main(url, asked))


def test_without_a_server() -> None:
    with pytest.raises(CampaignError, match=r"plan.toml: \[server\]: url is missing"):
        rows_of(planned(), [0])
    with pytest.raises(CampaignError, match="Connection refused"):
        rows_of(of("http://127.0.0.1:9/file"), [0])


def test_files_that_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "allow_open", lambda wanted: 100)
    words = (
        "1,000 devices at once need 8,064 open files and connections, .* allows this process 100"
    )
    with pytest.raises(CampaignError, match=words):
        rows_of(of("http://127.0.0.1:9/file"), range(1000))


def test_the_file_is_looked_at_once() -> None:
    with file_server(file=FILE) as files:
        server = asyncio.run(look_at(of(f"{files.base}/file")))
        assert len(files.log) == 1
    assert server.sha256 == hashlib.sha256(FILE).hexdigest()
    assert (server.address, server.port) == ("127.0.0.1", int(files.base.rpartition(":")[2]))
