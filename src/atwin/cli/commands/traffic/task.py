"""From the options of an estimate to what it will cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from atwin.cli.commands.traffic.advice import advise
from atwin.cli.commands.traffic.options import TrafficOptions, sizes
from atwin.cli.commands.traffic.report import Report
from atwin.net.http.request import Request
from atwin.net.meter.bill import Count
from atwin.net.meter.estimate import PlannedExchange, estimate
from atwin.net.meter.model import LINUX, MSS, OPERATOR_RIDING, datagram, heartbeat
from atwin.net.url import Url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.host.identity import Limits
    from atwin.net.meter.tls_size import TlsShape

#: What the worked example of docs/spec/flows.md §6 posts to, and a file beside it.
_POST_URL, _GET_URL = "httpbin.org/post", "httpbin.org/file.bin"
#: Headers of the example's answer, and of nginx's with a file.
_POST_HEAD, _GET_HEAD = 38, 245
#: The suite that is agreed on, if nobody says.
_SUITE = "0x0035"
#: What If-Range carries: nginx's ETags have that size.
_ETAG = b'"5e16f6b9-b6ba5c"'

#: Headers of each request, and of those of a download.
_HEADERS = ((b"User-Agent", b"AM_MODULE"),)
_OF_DOWNLOAD = (*_HEADERS, (b"Accept-Encoding", b"identity"))

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
        advice=[
            f"{riding:,} bytes instead of {once.operator.total:,} if the server's ACK rides on its"
            " answer: let it answer at once.",
            f"{udp:,} as UDP datagrams, which are not sent again when they are lost.",
        ],
    )


def _post(options: TrafficOptions) -> Report:
    """A POST from the module."""
    limits = _limits(options.model)
    body = bytes(options.post or 0)
    if len(body) > limits.post_max and not limits.streams:
        raise click.UsageError(
            f"--post {len(body):,}: {options.model} takes {limits.post_max:,} bytes at a time and"
            " cannot stream; split them, or name another --model"
        )
    url, tls = _place(options, _POST_URL)
    head = options.answer_head or _POST_HEAD
    request = Request("POST", url, _HEADERS, body)
    return _report(
        f"POST of {len(body):,} bytes to {url.absolute.decode('latin-1')}",
        [PlannedExchange(request, head, options.answer)],
        options,
        tls,
        [f"answers of {head:,} bytes of header and {options.answer:,} of body"],
    )


def _get(options: TrafficOptions) -> Report:
    """What `atwin get` does."""
    total = options.get or 0
    url, tls = _place(options, _GET_URL)
    head = options.answer_head or _GET_HEAD
    ask = [] if options.bare else [PlannedExchange(Request("HEAD", url, _OF_DOWNLOAD), head, 0)]
    parts = _parts(total, url, head, options)
    text = f"GET of {total:,} bytes from {url.absolute.decode('latin-1')}"
    if len(parts) > 1:
        text += f" in {len(parts):,} parts"
    return _report(
        text,
        [*ask, *parts],
        options,
        tls,
        [f"answers with {head:,} bytes of header, in a packet of its own on Linux"],
    )


def _report(
    text: str,
    exchanges: Sequence[PlannedExchange],
    options: TrafficOptions,
    tls: TlsShape | None,
    assumed: list[str],
) -> Report:
    count = Count()
    for group, often in _connections(exchanges, options.times, options.keep_alive):
        count += estimate(group, tls, dns=options.dns) * often
    if options.keep_alive > 1:
        text += f", up to {options.keep_alive:,} requests a connection"
    if tls is not None:
        assumed = [*assumed, f"certificates of {sum(tls.chain):,} bytes, {tls.suite.openssl}"]
    return Report(
        "estimate",
        text,
        options.times,
        count,
        assumed=assumed,
        advice=advise(count, options.times * len(exchanges)),
    )


def _connections(
    exchanges: Sequence[PlannedExchange], times: int, keep_alive: int
) -> list[tuple[Sequence[PlannedExchange], int]]:
    """What each connection carries, and how often there is such a one.

    A task of several requests has connections of its own; single requests share them.
    """
    if len(exchanges) == 1:
        shared = min(keep_alive, times)
        full, rest = divmod(times, shared)
        groups = [([*exchanges] * shared, full), ([*exchanges] * rest, 1)]
        return [(group, often) for group, often in groups if group and often]
    return [
        (exchanges[first : first + keep_alive], times)
        for first in range(0, len(exchanges), keep_alive)
    ]


def _parts(total: int, url: Url, head: int, options: TrafficOptions) -> list[PlannedExchange]:
    """The GETs of a file, as `atwin get` would choose them for the model."""
    from atwin.host.download.pace import stream_pays
    from atwin.models import load_profile

    limits = _limits(options.model)
    asked = options.part is not None
    chunk = limits.chunk if options.part is None else options.part
    if chunk < 1:
        raise click.UsageError("--part 0: give at least 1 byte")
    if chunk > limits.chunk_max:
        raise click.UsageError(
            f"--part {chunk:,}: {options.model} takes up to {limits.chunk_max:,} bytes"
        )
    # As on a line of unknown rate and a network without delays: what --run measures too.
    streams = limits.streams and not asked and stream_pays(chunk, None, 0.0)
    if total <= chunk or streams or (options.bare and not asked):
        return [PlannedExchange(Request("GET", url, _OF_DOWNLOAD), head, total, apart=True)]
    if total > _MOST_PARTS * chunk:
        raise click.UsageError(
            f"--part {chunk:,}: {-(-total // chunk):,} requests, and {_MOST_PARTS:,} are the most"
            " that can be estimated"
        )
    found = []
    for first in range(0, total, chunk):
        last = min(first + chunk, total) - 1
        headers = [*_OF_DOWNLOAD, (b"Range", b"bytes=%d-%d" % (first, last))]
        if not load_profile(options.model).has("head_lowercase"):
            headers.append((b"If-Range", _ETAG))
        answer = head + len(f"Content-Range: bytes {first}-{last}/{total}\r\n")
        found.append(
            PlannedExchange(Request("GET", url, headers), answer, last - first + 1, apart=True)
        )
    return found


def _limits(model: str) -> Limits:
    """What the host would learn of that model. Raises `UnknownModelError`."""
    from atwin.host.identity import Limits
    from atwin.models import load_profile

    profile = load_profile(model)
    return Limits(
        post_max=profile.limit("post_limit"),
        read_max=profile.limit("read_max"),
        streams=profile.has("ext_http"),
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
        suites = suites_for(int(options.suite or _SUITE, 16))
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
