"""From the options of an estimate to what it will cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from atwin.cli.commands.traffic.advice import advise
from atwin.cli.commands.traffic.report import Report
from atwin.cli.options.shared import parse_bytes
from atwin.net.http.request import Request
from atwin.net.meter.bill import Count
from atwin.net.meter.estimate import PlannedExchange, estimate
from atwin.net.meter.model import LINUX, MSS, OPERATOR_RIDING, datagram, heartbeat
from atwin.net.url import Url

if TYPE_CHECKING:
    from atwin.host.identity import Limits
    from atwin.net.meter.tls_size import TlsShape

#: What the worked example of spec flows.md §6 posts to, and a file beside it.
_POST_URL, _GET_URL = "httpbin.org/post", "httpbin.org/file.bin"
#: Headers of the example's answer, and of nginx's with a file.
_POST_HEAD, _GET_HEAD = 38, 245
#: Body of the example's answer.
_POST_ANSWER = "2"
#: The suite that is agreed on, if nobody says.
_SUITE = "0x0035"
#: What If-Range carries: nginx's ETags have that size.
_ETAG = b'"5e16f6b9-b6ba5c"'

#: Bytes of one task, and its requests.
_LARGEST = 1 << 30
_MOST_PARTS = 100_000


@dataclass(frozen=True, slots=True)
class Server:
    """The other end, as the options have it."""

    url: str | None
    answer: str | None
    head: int | None
    tls: bool
    suite: str | None
    chain: str | None
    client_chain: str | None
    dns: bool


@dataclass(frozen=True, slots=True)
class Download:
    """How `atwin get` fetches, as the options have it."""

    part: str | None
    bare: bool
    model: str


def estimate_heartbeat(text: str, times: int) -> Report:
    """Messages on a connection that is open. Raises `typer.BadParameter`."""
    sizes = text.split(":")
    if len(sizes) > 2 or not all(sizes):
        raise typer.BadParameter(f"--heartbeat {text!r}: UP or UP:DOWN is wanted, such as 2:2")
    up, down = (parse_size("--heartbeat", size) for size in (sizes * 2)[:2])
    if not 0 < up <= MSS or not 0 < down <= MSS:
        raise typer.BadParameter(f"--heartbeat {text!r}: 1 to {MSS} bytes each way")
    linux = replace(LINUX, first_alone=False)
    once = Count(heartbeat(up, down, linux), heartbeat(up, down))
    riding = heartbeat(up, down, OPERATOR_RIDING).total
    udp = datagram(up).total + datagram(down).total
    return Report(
        "estimate",
        f"{up:,} bytes up and {down:,} down on an open TCP connection",
        times,
        once * times,
        advice=[
            f"{riding:,} bytes instead of {once.operator.total:,} if the server's ACK rides on its"
            " answer: let it answer at once.",
            f"{udp:,} as UDP datagrams, which nobody repeats when they are lost.",
        ],
    )


def estimate_post(size: str, times: int, keep_alive: int, server: Server, model: str) -> Report:
    """A POST from the module. Raises `typer.BadParameter` and `UnknownModelError`."""
    limits = _limits(model)
    body = bytes(parse_size("--post", size))
    if len(body) > limits.post_max and not limits.streams:
        raise typer.BadParameter(
            f"--post {size}: {model} takes {limits.post_max:,} bytes at a time and cannot stream;"
            " split them, or --model names another"
        )
    url, tls = _place(server, _POST_URL)
    answer = parse_size("--answer", server.answer or _POST_ANSWER)
    head = _POST_HEAD if server.head is None else server.head
    request = Request("POST", url, _headers(), body)
    return _report(
        f"POST of {len(body):,} bytes to {url.absolute.decode('latin-1')}",
        [PlannedExchange(request, head, answer)],
        times,
        keep_alive,
        server,
        tls,
        [f"answers of {head:,} bytes of header and {answer:,} of body"],
    )


def estimate_get(
    size: str, times: int, keep_alive: int, server: Server, download: Download
) -> Report:
    """What `atwin get` does. Raises `typer.BadParameter` and `UnknownModelError`."""
    total = parse_size("--get", size)
    url, tls = _place(server, _GET_URL)
    head = _GET_HEAD if server.head is None else server.head
    ask = [] if download.bare else [PlannedExchange(Request("HEAD", url, _of_download()), head, 0)]
    parts = _parts(total, url, head, download)
    text = f"GET of {total:,} bytes from {url.absolute.decode('latin-1')}"
    if len(parts) > 1:
        text += f" in {len(parts):,} parts"
    return _report(
        text,
        [*ask, *parts],
        times,
        keep_alive,
        server,
        tls,
        [f"answers with {head:,} bytes of header, in a packet of its own on Linux"],
    )


def parse_size(option: str, text: str) -> int:
    """As `parse_bytes`, and no more than is worth an estimate. Raises `typer.BadParameter`."""
    size = parse_bytes(option, text)
    if size > _LARGEST:
        raise typer.BadParameter(f"{option} {text}: at most 1024M; --times tells how often")
    return size


# --- inside -------------------------------------------------------------------------------------


def _report(
    text: str,
    exchanges: Sequence[PlannedExchange],
    times: int,
    keep_alive: int,
    server: Server,
    tls: "TlsShape | None",
    assumed: list[str],
) -> Report:
    count = Count()
    for group, often in _connections(exchanges, times, keep_alive):
        count += estimate(group, tls, dns=server.dns) * often
    if keep_alive > 1:
        text += f", up to {keep_alive:,} requests a connection"
    if tls is not None:
        assumed = [*assumed, f"certificates of {sum(tls.chain):,} bytes, {tls.suite.openssl}"]
    return Report(
        "estimate",
        text,
        times,
        count,
        assumed=assumed,
        advice=advise(count, times * len(exchanges)),
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


def _parts(total: int, url: Url, head: int, download: Download) -> list[PlannedExchange]:
    """The GETs of a file, as `atwin get` would choose them for the model."""
    from atwin.host.download.pace import stream_pays
    from atwin.models import load_profile

    limits = _limits(download.model)
    asked = download.part is not None
    chunk = parse_size("--part", download.part) if download.part is not None else limits.chunk
    if chunk < 1:
        raise typer.BadParameter(f"--part {download.part!r}: at least 1 byte")
    if chunk > limits.chunk_max:
        raise typer.BadParameter(
            f"--part {download.part}: {download.model} takes up to {limits.chunk_max:,} bytes"
        )
    # As on a line of unknown rate and a network without delays: what --run measures too.
    streams = limits.streams and not asked and stream_pays(chunk, None, 0.0)
    if total <= chunk or streams or (download.bare and not asked):
        return [PlannedExchange(Request("GET", url, _of_download()), head, total, apart=True)]
    if total > _MOST_PARTS * chunk:
        raise typer.BadParameter(
            f"--part {download.part}: {-(-total // chunk):,} requests, and {_MOST_PARTS:,} are the"
            " most that are told"
        )
    found = []
    for first in range(0, total, chunk):
        last = min(first + chunk, total) - 1
        headers = [*_of_download(), (b"Range", b"bytes=%d-%d" % (first, last))]
        if not load_profile(download.model).has("head_lowercase"):
            headers.append((b"If-Range", _ETAG))
        answer = head + len(f"Content-Range: bytes {first}-{last}/{total}\r\n")
        found.append(
            PlannedExchange(Request("GET", url, headers), answer, last - first + 1, apart=True)
        )
    return found


def _limits(model: str) -> "Limits":
    """What the host would learn of that model. Raises `UnknownModelError`."""
    from atwin.host.identity import Limits
    from atwin.models import load_profile

    profile = load_profile(model)
    return Limits(
        post_max=profile.limit("post_limit"),
        read_max=profile.limit("read_max"),
        streams=profile.has("ext_http"),
    )


def _headers() -> list[tuple[bytes, bytes]]:
    return [(b"User-Agent", b"AM_MODULE")]


def _of_download() -> list[tuple[bytes, bytes]]:
    """What `get` sends besides."""
    return [*_headers(), (b"Accept-Encoding", b"identity")]


def _place(server: Server, usual: str) -> "tuple[Url, TlsShape | None]":
    scheme = "https" if server.tls else "http"
    text = server.url or f"{scheme}://{usual}"
    try:
        url = Url.parse(text.encode(), scheme)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if server.tls and not url.secure:
        raise typer.BadParameter(f"--tls, but --url {text} is not https://")
    if url.secure:
        return url, _tls(server, url)
    if any(given is not None for given in (server.suite, server.chain, server.client_chain)):
        raise typer.BadParameter("--suite, --chain and --client-chain are of HTTPS: add --tls")
    return url, None


def _tls(server: Server, url: Url) -> "TlsShape":
    from atwin.net.address import is_literal
    from atwin.net.meter.tls_size import USUAL_CHAIN, TlsShape
    from atwin.net.tls.suites import SUITES, suites_for

    try:
        suites = suites_for(int(server.suite or _SUITE, 16))
    except ValueError:
        known = ", ".join(f"0x{suite.number:04X}" for suite in SUITES)
        raise typer.BadParameter(f"--suite {server.suite!r}: one of {known} is wanted") from None
    chain = USUAL_CHAIN if server.chain is None else _sizes("--chain", server.chain)
    own = () if server.client_chain is None else _sizes("--client-chain", server.client_chain)
    sni = None if is_literal(url.host) else url.host
    return TlsShape(suites[0], SUITES, sni, chain, own)


def _sizes(option: str, text: str) -> tuple[int, ...]:
    return tuple(parse_size(option, size) for size in text.split(","))
