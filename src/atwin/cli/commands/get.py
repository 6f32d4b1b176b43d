"""`atwin get`: a file of any size, resumable."""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options.requests import (
    AllowDowngrade,
    HeaderEnv,
    Headers,
    HttpsOnly,
    NoRedirect,
    User,
    headers_from,
    redirects_from,
)
from atwin.cli.options.shared import (
    DEFAULT_PORT,
    GIVE_UP,
    TIMEOUT,
    GiveUp,
    Json,
    PinsOption,
    Port,
    Timeout,
    TraceFile,
    Traffic,
    parse_bytes,
)
from atwin.cli.options.tls import Ca, Cert, CheckDates, Key, Seclevel, Suite
from atwin.cli.output.exits import DONE

if TYPE_CHECKING:
    from atwin.host.download.reports import DownloadResult

#: Room for the endings of the files beside the target, in a name of 255 bytes.
_LONGEST_NAME = 200


class Strategy(Enum):
    """How the parts come."""

    AUTO = "auto"
    RANGE = "range"
    STREAM = "stream"


def get(
    url: Annotated[str, typer.Argument(metavar="URL", help="What to download.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to; by default the last part of the URL's path, in this directory.",
        ),
    ] = None,
    header: Headers = None,
    header_env: HeaderEnv = None,
    user: User = None,
    no_redirect: NoRedirect = False,
    https_only: HttpsOnly = False,
    allow_downgrade: AllowDowngrade = False,
    port: Port = DEFAULT_PORT,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="What the file must hash to.")
    ] = None,
    md5: Annotated[
        str | None, typer.Option(metavar="HEX", help="What the file must hash to.")
    ] = None,
    chunk: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Size of a part: bytes, or 100K; by default what suits the module.",
        ),
    ] = None,
    strategy: Annotated[
        Strategy, typer.Option(help="range: part by part; stream: HTTPEXACTION.")
    ] = Strategy.AUTO,
    max_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="End a download that is larger: bytes, or 300K, 12M, 2G."
        ),
    ] = None,
    resume_from_url: Annotated[
        str | None,
        typer.Option(
            "--resume-from-url",
            metavar="URL",
            help="Go on with what came from another URL of the same file. A new signature (the "
            "part after `?`) needs none, with an ETag or date that is the same.",
        ),
    ] = None,
    as_json: Json = False,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    seclevel: Seclevel = None,
    suite: Suite = None,
    check_dates: CheckDates = False,
    pins: PinsOption = None,
    timeout: Timeout = TIMEOUT,
    give_up: GiveUp = GIVE_UP,
    traffic: Traffic = False,
    trace: TraceFile = None,
) -> None:
    """Download a file of any size, resumable.

    The same command goes on where an earlier one was interrupted. FILE appears when everything
    is there and verified. Until then the data are in FILE.part, and FILE.journal says how far
    they are good.

    \b
    Examples:
      atwin get http://example.org/firmware.bin
      atwin get http://example.org/a.zip -o /tmp/a.zip --port /dev/ttyUSB0 --json
    """
    from atwin.cli.commands.traffic.watch import thrown_away
    from atwin.cli.output.outcome import print_object
    from atwin.cli.output.told import described, goes_on, kept, summary
    from atwin.cli.running import finish, run_told
    from atwin.host.download import Order, already_there
    from atwin.host.errors import ServerError
    from atwin.host.http.setup import Setup

    if output == "-":
        raise typer.BadParameter("a download goes to a file, so that it can be resumed: name one")
    headers = headers_from(header, header_env, user)
    redirects = redirects_from(no_redirect, https_only, allow_downgrade)
    Setup.of(url, timeout=timeout, redirects=redirects, headers=headers).for_download()
    target = output or default_name(url)
    if target.endswith("/"):
        raise typer.BadParameter(f"{target} names a directory: name a file")
    scratch = thrown_away(target) if output is None else None
    path = scratch or target
    # What is wrong with it is said before a module is opened.
    most = None if max_size is None else parse_bytes("--max-size", max_size)
    part = None if chunk is None else parse_bytes("--chunk", chunk)
    order = Order(Path(path), sha256, md5, part, strategy.value, most, resume_from_url)

    arrived = False

    def tell(result: "DownloadResult", more: Mapping[str, object] = MappingProxyType({})) -> int:
        typer.echo(summary(replace(result, file=Path(target))), err=True)
        if as_json:
            print_object({**described(replace(result, file=Path(target))), **more})
        return DONE

    async def work() -> int:
        nonlocal arrived
        from atwin.cli.commands.traffic.watch import Watch
        from atwin.cli.module import FaultWatch, ready_modem
        from atwin.cli.options.tls import https
        from atwin.cli.output.outcome import known
        from atwin.cli.output.progress import show_progress

        known(url=url, file=target)
        if (there := already_there(url, order)) is not None:
            return tell(there)
        cost = Watch() if traffic else None
        wrong = FaultWatch()
        with https(url, ca, cert, key, seclevel, suite, check_dates) as tls:
            async with ready_modem(port, tls, pins, give_up, cost, wrong) as modem:
                with show_progress(target) as progress:
                    result = await modem.download(
                        url,
                        path,
                        sha256=sha256,
                        md5=md5,
                        chunk=part,
                        strategy=strategy.value,
                        max_size=most,
                        resume_from=resume_from_url,
                        headers=headers,
                        timeout=timeout,
                        redirects=redirects,
                        give_up=give_up,
                        progress=progress,
                    )
                arrived = True
        more: dict[str, object] = {} if cost is None else {"traffic": cost.as_dict()}
        if wrong.faults is not None:
            more["faults"] = wrong.faults
        return tell(result, more)

    async def told() -> int:
        try:
            return await work()
        except ServerError as failure:
            if failure.status == 401 and user is None:
                failure.add("a name and password are given by --user")
            if scratch is None and (more := goes_on(failure, url, target)):
                failure.add(more)
            raise

    def left() -> str:
        if scratch is None:
            return kept(url, target, whole=arrived)
        return "nothing is kept of what is only measured"

    finish(run_told(told(), trace, path, left))


def default_name(url: str) -> str:
    """A plain file name from the last segment of the path of `url`."""
    from urllib.parse import unquote

    address = re.split(r"[?#]", url)[0]
    path = (address.partition("://")[2] or address).partition("/")[2]
    name = unquote(path.rpartition("/")[2])
    name = re.sub(r"[^\w.+@ -]", "_", name).lstrip(".").strip()
    while len(name.encode()) > _LONGEST_NAME:
        name = name[:-1]
    return name or "download"
