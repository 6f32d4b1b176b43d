"""What the kernel counted is what tcpdump saw; what was estimated is what was counted."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from atwin.net.http.request import Request
from atwin.net.meter.bill import KINDS
from atwin.net.meter.estimate import PlannedExchange, estimate
from atwin.net.meter.tls_size import TlsShape
from atwin.net.tls.suites import SUITES
from atwin.net.url import Url
from support.running.island import Packet, island
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.net.meter.bill import Count

HTTPS = [f"HTTPS {suite.openssl}" for suite in SUITES]
WHOLE = ["GET 200 B", "GET 1 MB", "POST 10 B x 100", "300 KB range", *HTTPS]
CUT = ["cut by the server", "cut by the module", "nobody fetches"]


@dataclass
class Job:
    """What was counted in the twin, and the packets of the same connections."""

    told: dict[str, Any]
    up: list[Packet]
    down: list[Packet]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Job]]]:
    """Each job as often as it was done."""
    where = tmp_path_factory.mktemp("jobs")
    program = [sys.executable, "-m", "support.running.metered_jobs", str(where)]
    with island() as place:
        with place.capture() as packets:
            ended = subprocess.run(
                place.command(*program),
                cwd=Path(__file__).parents[2],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        assert ended.returncode == 0, ended.stderr
        told = [json.loads(line) for line in ended.stdout.splitlines()]
        done: dict[str, list[Job]] = {}
        for one in told:
            done.setdefault(one["job"], []).append(_with_packets(one, packets))
        yield done


def _with_packets(told: dict[str, Any], packets: list[Packet]) -> Job:
    port = told["port"]
    # Without those by which the test asked whether the server was up.
    asked = {p.source for p in packets if p.destination == port and p.data}
    return Job(
        told,
        [p for p in packets if p.destination == port and p.source in asked],
        [p for p in packets if p.source == port and p.destination in asked],
    )


@pytest.mark.parametrize("name", [*WHOLE, *CUT])
def test_the_kernel_counts_what_is_on_the_wire(jobs: dict[str, list[Job]], name: str) -> None:
    for job in jobs[name]:
        wire = job.told["wire"]
        assert job.told["counted_by"] == "kernel"
        assert (wire["up"]["packets"], wire["down"]["packets"]) == (len(job.up), len(job.down))
        assert wire["up"]["data_packets"] == sum(p.data > 0 for p in job.up)
        assert wire["down"]["data_packets"] == sum(p.data > 0 for p in job.down)
        # Not to the byte: SACK blocks of ACKs, and RSTs without time stamps.
        assert wire["total"] == pytest.approx(sum(p.size for p in job.up + job.down), rel=0.01)
        for way in ("up", "down"):
            assert wire[way]["total"] == sum(wire[way][kind] for kind in KINDS)


@pytest.mark.parametrize("name", ["GET 200 B", "POST 10 B x 100", "cut by the module"])
def test_to_the_byte_where_nothing_is_lost(jobs: dict[str, list[Job]], name: str) -> None:
    whole = [job for job in jobs[name] if not job.told["wire"]["down"]["retransmitted"]]
    if not whole:
        pytest.skip("something was said twice, as a busy machine makes it happen")
    for job in whole:
        assert job.told["wire"]["total"] == sum(p.size for p in job.up + job.down)


def test_no_segment_is_larger_than_on_a_cellular_link(jobs: dict[str, list[Job]]) -> None:
    done = [job for each in jobs.values() for job in each]
    assert max(p.size for job in done for p in job.up + job.down) == 1500


def test_where_the_bytes_went(jobs: dict[str, list[Job]]) -> None:
    posts = jobs["POST 10 B x 100"][0].told["wire"]
    assert posts["connections"] == 100
    assert posts["up"]["payload"] == 1000
    assert posts["up"]["tls"] == posts["down"]["tls"] == posts["down"]["unread"] == 0
    assert jobs["GET 1 MB"][0].told["wire"]["down"]["payload"] == 1_000_000
    assert jobs["cut by the module"][0].told["wire"]["down"]["payload"] == 100_000
    # The stream's window of 2,000,000 bytes was read; what else had come was paid for as well.
    flood = jobs["nobody fetches"][0].told["wire"]["down"]
    assert flood["payload"] == 2_000_000
    assert flood["unread"] > 100_000
    for job in (job for name in HTTPS for job in jobs[name]):
        way = job.told["wire"]["down"]
        assert (way["payload"], way["unread"]) == (200, 0)
        assert way["tls"] > job.told["chain"]


@pytest.mark.parametrize("name", WHOLE)
def test_the_estimate(jobs: dict[str, list[Job]], name: str) -> None:
    off = [_off(name, job.told) for job in jobs[name]]
    assert min(off) <= 0.03, off


def _off(name: str, told: dict[str, Any]) -> float:
    """The larger of the two counts' deviations."""
    expected = estimated(name, told)
    # What a busy machine drops and asks for again, nobody can know beforehand.
    again = sum(told["wire"][way]["retransmitted"] for way in ("up", "down"))
    wire: float = expected.wire.total / (told["wire"]["total"] - again) - 1
    operator: float = expected.operator.total / told["operator"]["total"] - 1
    return max(abs(wire), abs(operator))


def estimated(name: str, told: dict[str, Any]) -> Count:
    """From what is known beforehand: the request, the sizes of the answer and the certificate."""
    is_post, secure = name.startswith("POST"), name in HTTPS
    path = {"GET 200 B": "small200", "GET 1 MB": "mega.bin", "300 KB range": "big.bin"}
    place = "got" if is_post else path.get(name, "")
    url = Url.parse(f"http{'s' * secure}://127.0.0.1:{told['port']}/{place}".encode())
    headers = [(b"User-Agent", b"AM_MODULE")]
    if name == "300 KB range":
        headers.append((b"Range", b"bytes=307200-614399"))
    if is_post:
        request = Request("POST", url, headers, b"0123456789")
    else:
        request = Request("GET", url, headers)
    times: int = told["wire"]["connections"]
    down = told["wire"]["down"]
    exchange = PlannedExchange(
        request, down["http"] // times, down["payload"] // times, apart=not is_post
    )
    tls = None
    if secure:
        suite = SUITES[HTTPS.index(name)]
        tls = TlsShape(suite, (suite,), chain=(told["chain"],))
    return estimate([exchange], tls) * times
