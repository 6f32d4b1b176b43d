"""`atwin get`: a file of any size, resumable."""

import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options import (
    DEFAULT_PORT,
    GIVE_UP,
    GiveUp,
    Json,
    PinsOption,
    Port,
    TraceFile,
    Traffic,
)
from atwin.cli.tls import Ca, Cert, Key, Seclevel, Suite

if TYPE_CHECKING:
    from atwin.host import DownloadResult

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
    port: Port = DEFAULT_PORT,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="What the file must hash to.")
    ] = None,
    md5: Annotated[
        str | None, typer.Option(metavar="HEX", help="What the file must hash to.")
    ] = None,
    chunk: Annotated[
        int | None,
        typer.Option(metavar="BYTES", help="Size of a part; by default what suits the module."),
    ] = None,
    strategy: Annotated[
        Strategy, typer.Option(help="range: part by part; stream: HTTPEXACTION.")
    ] = Strategy.AUTO,
    as_json: Json = False,
    ca: Ca = None,
    cert: Cert = None,
    key: Key = None,
    seclevel: Seclevel = None,
    suite: Suite = None,
    pins: PinsOption = None,
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
    from atwin.cli.running import finish, run

    if output == "-":
        raise typer.BadParameter("a download goes to a file, so that it can be resumed: name one")
    target = output or default_name(url)

    async def work() -> int:
        from atwin.cli.modem import ready_modem
        from atwin.cli.progress import show_progress
        from atwin.cli.tls import https
        from atwin.cli.traffic.watch import Watch

        cost = Watch() if traffic else None
        with https(url, ca, cert, key, seclevel, suite) as tls:
            async with ready_modem(port, tls, pins, give_up, cost) as modem:
                with show_progress(target) as progress:
                    result = await modem.download(
                        url,
                        target,
                        sha256=sha256,
                        md5=md5,
                        chunk=chunk,
                        strategy=strategy.value,
                        give_up=give_up,
                        progress=progress,
                    )
        typer.echo(summary(result), err=True)
        if as_json:
            told = described(result)
            if cost is not None:
                told["traffic"] = cost.as_dict()
            typer.echo(json.dumps(told))
        return 0

    try:
        finish(run(work(), trace))
    except KeyboardInterrupt:
        typer.echo("atwin: interrupted; the same command goes on from here", err=True)
        raise


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


def summary(result: "DownloadResult") -> str:
    """One line for a person."""
    fetched = result.bytes - result.resumed_from
    rate = fetched / result.seconds / 1e6 if result.seconds else 0.0
    parts = "1 part" if result.parts == 1 else f"{result.parts} parts"
    text = (
        f"{result.file}: {result.bytes} bytes in {result.seconds:.1f} s ({rate:.2f} MB/s), {parts}"
    )
    if result.resumed_from:
        text += f", resumed from {result.resumed_from} ({result.fetched_parts} parts fetched now)"
    if result.retries:
        text += f", {result.retries} retries"
    helped = [rung.rung for rung in result.recovery if rung.helped]
    if helped:
        text += f", recovered by {', '.join(helped)}"
    return f"{text}, sha256 {result.sha256}"


def described(result: "DownloadResult") -> dict[str, object]:
    """For `--json`."""
    from atwin.cli.recover import described as climbed

    return {
        "url": result.url,
        "file": str(result.file),
        "bytes": result.bytes,
        "sha256": result.sha256,
        "parts": result.parts,
        "fetched_parts": result.fetched_parts,
        "resumed_from": result.resumed_from,
        "seconds": round(result.seconds, 3),
        "strategy": result.strategy,
        "model": result.model,
        "retries": result.retries,
        "recovery": climbed(result.recovery),
    }
