"""`atwin get`: a file of any size, resumable."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from atwin.cli.ending import DONE, known, when_stopped
from atwin.cli.options import FILE, JSON, TRAFFIC, Size, option, takes
from atwin.cli.panel import PANEL, PanelWatching
from atwin.cli.request import RequestOptions

if TYPE_CHECKING:
    from atwin.host.download.reports import DownloadResult

#: Room for the endings of the files beside the target, in a name of 255 bytes.
_LONGEST_NAME = 200


@click.command()
@click.argument("url", metavar="URL")
@option(
    "--output",
    "-o",
    type=FILE,
    help="Where to put the file; by default in this directory, under the last name in the URL.",
)
@option("--sha256", metavar="HEX", help="The SHA-256 the file must have.")
@option("--md5", metavar="HEX", help="The MD5 the file must have.")
@option(
    "--chunk", type=Size(), help="Size of a part: bytes, or 100K; by default what suits the module."
)
@option(
    "--strategy",
    type=click.Choice(["auto", "range", "stream"]),
    default="auto",
    help="range fetches part by part; stream uses HTTPEXACTION.",
)
@option("--max-size", type=Size(), help="Stop a download that is larger: bytes, or 300K, 12M, 2G.")
@option(
    "--resume-from-url",
    metavar="URL",
    help="Resume what was fetched from this other URL of the same file. Not needed when only the "
    "part after `?` differs, such as a new signature, and the ETag or date is the same.",
)
@takes(RequestOptions)
@TRAFFIC
@JSON
@PANEL
def get(
    url: str,
    output: str | None,
    sha256: str | None,
    md5: str | None,
    chunk: int | None,
    strategy: Literal["auto", "range", "stream"],
    max_size: int | None,
    resume_from_url: str | None,
    options: RequestOptions,
    traffic: bool,
    as_json: bool,
    watching: PanelWatching,
) -> int:
    """Download a file of any size, and resume it when interrupted.

    The same command resumes an interrupted download. FILE appears when it is complete and verified.
    Until then the data are in FILE.part, and FILE.journal records how much of it is valid.

    \b
    Examples:
      atwin get http://example.org/firmware.bin
      atwin get http://example.org/a.zip -o /tmp/a.zip --port /dev/ttyUSB0 --json
    """
    target = output or default_name(url)
    scratch: str | None = None
    arrived = False

    def left() -> str:
        from atwin.cli.results import kept

        if scratch is None:
            return kept(url, target, whole=arrived)
        return "a file that is only measured is not kept"

    known(url=url, file=target)
    when_stopped(left)
    from atwin.cli.ending import print_object
    from atwin.cli.figures.watch import Watch, thrown_away
    from atwin.cli.results import described, goes_on, summary
    from atwin.cli.running import run_work
    from atwin.host.download.download import already_there
    from atwin.host.download.order import Order
    from atwin.host.errors import ServerError
    from atwin.host.http.setup import Setup

    if output == "-":
        raise click.UsageError("a download goes to a file, so that it can be resumed: name one")
    asked = options.asked()
    Setup.of(url, **asked).for_download()
    if target.endswith("/"):
        raise click.UsageError(f"{target} names a directory: name a file")
    scratch = thrown_away(target) if output is None else None
    path = scratch or target
    # What is wrong with it is said before a module is opened.
    order = Order(Path(path), sha256, md5, chunk, strategy, max_size, resume_from_url)

    def tell(result: DownloadResult, **more: object) -> int:
        result = replace(result, file=Path(target))
        click.echo(summary(result), err=True)
        if as_json:
            print_object({**described(result), **more})
        return DONE

    async def work() -> int:
        nonlocal arrived
        from atwin.cli.module import ready_modem
        from atwin.cli.progress import show_progress

        if (there := already_there(url, order)) is not None:
            return tell(there)
        cost = Watch() if traffic else None
        faults: dict[str, object] = {}
        with options.tls(url) as tls:
            ready = ready_modem(options, tls, cost, faults, watching, ahead=("filelock",))
            async with ready as modem:
                ahead = tuple(modem.climbed)
                with show_progress(target) as progress:
                    result = await modem.download(
                        url,
                        path,
                        sha256=sha256,
                        md5=md5,
                        chunk=chunk,
                        strategy=strategy,
                        max_size=max_size,
                        resume_from=resume_from_url,
                        give_up=options.give_up,
                        progress=progress,
                        **asked,
                    )
                arrived = True
        more = {} if cost is None else {"traffic": cost.as_dict()}
        return tell(replace(result, recovery=ahead + result.recovery), **more, **faults)

    async def told() -> int:
        try:
            return await work()
        except ServerError as failure:
            if failure.status == 401 and options.user is None:
                failure.add("--user gives a name and password")
            if scratch is None and (more := goes_on(failure, url, target)):
                failure.add(more)
            raise

    return run_work(told(), watching, output=path, left=left)


def default_name(url: str) -> str:
    """A plain file name from the last segment of the path of `url`."""
    from urllib.parse import unquote

    address = re.split(r"[?#]", url)[0]
    path = (address.partition("://")[2] or address).partition("/")[2]
    name = unquote(path.rpartition("/")[2])
    name = re.sub(r"[^\w.+@ -]", "_", name).lstrip(".").strip()
    while len(name.encode(errors="replace")) > _LONGEST_NAME:
        name = name[:-1]
    return name or "download"
