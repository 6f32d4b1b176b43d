"""A POST on paper takes the time that it takes."""

from __future__ import annotations

import pytest

from atwin.clock import run_virtual
from atwin.net.http.request import Request
from atwin.net.meter.estimate import PlannedExchange
from atwin.net.url import Url
from atwin.plan.exchanges import AGENT
from atwin.plan.job import Job, Route
from atwin.plan.paper import message_on_paper, post_on_paper
from atwin.plan.world import world
from atwin.testing.origin import Sink


def played(job: Job, body: bytes, reply: bytes) -> float:
    async def main() -> float:
        async with world(job) as its:
            its.server.origin.resources["/post"] = Sink(reply)
            await its.modem.bring_up()
            answer = await its.modem.post(job.url.replace("/file.bin", "/post"), body)
            assert answer.body == reply
            return its.clock.now()

    return run_virtual(main())


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("sizes", [(10, 2), (3000, 300), (10_000, 5000)])
@pytest.mark.parametrize("model", ["air724ug", "air780e-at"])
def test_a_post(model: str, sizes: tuple[int, int], tls: bool) -> None:
    job = Job(0, model, tls=tls, route=Route(0.2, 60e3, 60e3))
    body, reply = map(bytes, sizes)
    url = Url.parse(job.url.replace("/file.bin", "/post").encode())
    paper = post_on_paper(job, PlannedExchange(Request("POST", url, AGENT, body), 100, len(reply)))
    assert paper.seconds == pytest.approx(played(job, body, reply), rel=0.05)


def test_a_message_is_a_round_trip_and_its_bytes_on_the_line() -> None:
    near = message_on_paper(Job(0, route=Route(0.0)), 100, 50)
    far = message_on_paper(Job(0, route=Route(0.5)), 100, 50)
    assert far.seconds - near.seconds == pytest.approx(0.5)
    assert near.body == pytest.approx(150 * 10 / 115200)
