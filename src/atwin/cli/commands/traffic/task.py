"""From the options of an estimate to what it will cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from atwin.cli.commands.traffic.advice import advise
from atwin.cli.commands.traffic.options import TrafficOptions, sizes
from atwin.cli.commands.traffic.report import Report
from atwin.cli.figures.route import check_part
from atwin.net.http.request import Request
from atwin.net.meter.bill import Count
from atwin.net.meter.estimate import PlannedExchange
from atwin.net.meter.model import LINUX, MSS, OPERATOR_RIDING, datagram, heartbeat
from atwin.net.url import Url
from atwin.plan.exchanges import AGENT, Repeated, cost_of
from atwin.plan.job import SUITE, Job, limits_of
from atwin.plan.paper import Terms, message_on_paper, on_paper, post_on_paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.meter.tls_size import TlsShape
    from atwin.plan.paper import Times

#: As long as what the worked example of docs/spec/flows.md §6 posts to, and a file beside it.
_POST_URL, _GET_URL = "example.org/post", "example.org/file.bin"
#: Headers of the example's answer, and of nginx's with a file.
_POST_HEAD, _GET_HEAD = 38, 245

#: Requests of one task.
_MOST_PARTS = 100_000


def _heartbeat(options: TrafficOptions) -> Report:
    """Messages on a connection that is open."""
    text = options.heartbeat or ""
    words = text.split(":")
    if len(words) > 2 or not all(words):
        raise click.UsageError(f"--heartbeat {text!r}: give UP or UP:DOWN, such as 2:2")
    up, down = (sizes("--heartbeat", text, ":") * 2)[:2]
    if not 0 < up <= MSS or not 0 < down <= MSS:
        raise click.UsageError(f"--heartbeat {text!r}: give 1 to {MSS} bytes each way")
    linux = replace(LINUX, first_alone=False)
    once = Count(heartbeat(up, down, linux), heartbeat(up, down))
    riding = heartbeat(up, down, OPERATOR_RIDING).total
    udp = datagram(up).total + datagram(down).total
    return Report(
        "estimate",
        f"{up:,} bytes up and {down:,} down on an open TCP connection",
        options.times,
        once * options.times,
        times_of_one=message_on_paper(_job(options), up, down),
        assumed=[options.assumed()],
        advice=[
            f"{riding:,} bytes instead of {once.operator.total:,} if the server's ACK rides on its"
            " answer: let it answer at once.",
            f"{udp:,} as UDP datagrams, which are not sent again when they are lost.",
        ],
    )


def _post(options: TrafficOptions) -> Report:
    """A POST from the module."""
    limits = limits_of(_job(options).profile)
    body = bytes(options.post or 0)
    if len(body) > limits.post_max and not limits.streams:
        raise click.UsageError(
            f"--post {len(body):,}: {options.model} takes {limits.post_max:,} bytes at a time and"
            " cannot stream; split them, or name another --model"
        )
    url, tls = _place(options, _POST_URL)
    head = options.answer_head or _POST_HEAD
    post = PlannedExchange(Request("POST", url, AGENT, body), head, options.answer)
    return _report(
        f"POST of {len(body):,} bytes to {url.absolute.decode('latin-1')}",
        [Repeated(post)],
        options,
        tls,
        post_on_paper(_job(options), post, Terms(url, shape=tls)),
        [f"answers of {head:,} bytes of header and {options.answer:,} of body"],
    )


def _get(options: TrafficOptions) -> Report:
    """What `atwin get` does."""
    url, tls = _place(options, _GET_URL)
    head = options.answer_head or _GET_HEAD
    job = _job(options)
    _check_part(job)
    terms = Terms(url, head, tls, options.keep_alive, options.bare)
    forecast = on_paper(job, terms)
    text = f"GET of {job.size:,} bytes from {url.absolute.decode('latin-1')}"
    if (parts := forecast.requests - (not options.bare)) > 1:
        text += f" in {parts:,} parts"
    return _report(
        text,
        forecast.exchanges,
        options,
        tls,
        forecast.times,
        [f"answers with {head:,} bytes of header, in a packet of its own on Linux"],
    )


def _report(
    text: str,
    exchanges: Sequence[Repeated],
    options: TrafficOptions,
    tls: TlsShape | None,
    one: Times,
    assumed: list[str],
) -> Report:
    keep_alive = options.keep_alive
    count = cost_of(exchanges, tls, times=options.times, keep_alive=keep_alive, dns=options.dns)
    if keep_alive > 1:
        text += f", up to {keep_alive:,} requests a connection"
    if tls is not None:
        assumed = [*assumed, f"certificates of {sum(tls.chain):,} bytes, {tls.suite.openssl}"]
    return Report(
        "estimate",
        text,
        options.times,
        count,
        times_of_one=one,
        assumed=[*assumed, options.assumed()],
        advice=advise(count, options.times * sum(each.times for each in exchanges)),
    )


def _job(options: TrafficOptions) -> Job:
    """The download, or the module and route of another task. Raises `UnknownModelError`."""
    return Job(
        options.get or 0,
        options.model,
        options.baud,
        "auto" if options.part is None else "range",
        options.part,
        hash=False,
        dns=options.dns,
        route=options.route(),
    )


def _check_part(job: Job) -> None:
    """Raises `click.UsageError` for parts that the module does not take, or too many."""
    check_part(job)
    if job.part is not None and job.size > _MOST_PARTS * job.part:
        raise click.UsageError(
            f"--part {job.part:,}: {-(-job.size // job.part):,} requests, and {_MOST_PARTS:,} are"
            " the most that can be estimated"
        )


def _place(options: TrafficOptions, usual: str) -> tuple[Url, TlsShape | None]:
    scheme = "https" if options.tls else "http"
    text = options.url or f"{scheme}://{usual}"
    try:
        url = Url.parse(text.encode(), scheme)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if options.tls and not url.secure:
        raise click.UsageError(f"--tls, but --url {text} is not https://")
    if url.secure:
        return url, _tls(options, url)
    if any(given is not None for given in (options.suite, options.chain, options.client_chain)):
        raise click.UsageError("--suite, --chain and --client-chain are only for HTTPS: add --tls")
    return url, None


def _tls(options: TrafficOptions, url: Url) -> TlsShape:
    from atwin.net.meter.tls_size import USUAL_CHAIN, TlsShape
    from atwin.net.network import is_literal
    from atwin.net.tls.suites import SUITES, suites_for

    try:
        suites = suites_for(SUITE if options.suite is None else int(options.suite, 16))
    except ValueError:
        known = ", ".join(f"0x{suite.number:04X}" for suite in SUITES)
        raise click.UsageError(f"--suite {options.suite!r}: give one of {known}") from None
    chain = USUAL_CHAIN if options.chain is None else sizes("--chain", options.chain, ",")
    given = options.client_chain
    own = () if given is None else sizes("--client-chain", given, ",")
    sni = None if is_literal(url.host) else url.host
    return TlsShape(suites[0], SUITES, sni, chain, own)


#: How the task of each option is estimated. They raise `click.UsageError` and `UnknownModelError`.
ESTIMATES = {"--heartbeat": _heartbeat, "--post": _post, "--get": _get}
