"""`atwin post`: send a body, print the one that comes back."""

import os
import sys
from typing import Literal

import click

from atwin.cli.options import JSON, OUTPUT, TRAFFIC, option, read_file, takes
from atwin.cli.panel import PANEL, PanelWatching
from atwin.cli.request import RequestOptions

#: Bytes: what no module takes need not be read.
_LARGEST_BODY = 1 << 30


@click.command()
@click.argument("url", metavar="URL")
@option(
    "--data",
    "-d",
    required=True,
    metavar="DATA",
    help="The body: @FILE, @- for stdin, or the text itself.",
)
@option("--content-type", metavar="TYPE", default="", help="The Content-Type of the body.")
@option(
    "--strategy",
    type=click.Choice(["auto", "buffer", "stream"]),
    default="auto",
    help="buffer uses HTTPDATA; stream uses HTTPEXACTION, for bodies and answers of any size.",
)
@OUTPUT
@takes(RequestOptions)
@TRAFFIC
@JSON
@PANEL
def post(
    url: str,
    data: str,
    content_type: str,
    strategy: Literal["auto", "buffer", "stream"],
    output: str,
    options: RequestOptions,
    traffic: bool,
    as_json: bool,
    watching: PanelWatching,
) -> int:
    """Post a file or a text, and print the answer.

    The status goes to stderr; a status of 400 or more ends with exit code 1. A body that does not
    fit the module's buffer is streamed if the module can. A module with a small buffer streams
    every body: an answer that did not fit would be lost. A POST that was sent is never sent again.
    With --json a text of up to 64 KiB is in the object; -o takes any answer.

    \b
    Examples:
      atwin post http://example.org/log --data @today.json --content-type application/json
      date | atwin post http://example.org/log --data @-
    """
    from atwin.cli.figures.watch import Watch
    from atwin.cli.results import AnswerOutput
    from atwin.cli.running import run_work
    from atwin.host.errors import HostError
    from atwin.host.http.setup import Setup
    from atwin.host.http.statuses import Sent, tell_of_post

    answer = AnswerOutput("POST", url, output, as_json=as_json)
    asked = {"content_type": content_type, **options.asked()}
    # What cannot be sent is said before a module is opened.
    Setup.of(url, **asked)
    body = _body(data)
    cost = Watch() if traffic else None
    faults: dict[str, object] = {}

    async def work() -> int:
        from atwin.cli.module import ready_modem
        from atwin.host.recovery.recovery import Retry

        with options.tls(url) as tls:
            async with ready_modem(options, tls, cost, faults, watching) as modem:
                answer.modem = modem
                response = await modem.post(
                    url,
                    body,
                    strategy=strategy,
                    retry=Retry(unsent_only=True, give_up=options.give_up),
                    **asked,
                )
        more = {} if cost is None else {"traffic": cost.as_dict()}
        return answer.deliver(response, response.body, **more, **faults)

    async def told() -> int:
        try:
            return await work()
        except HostError as failure:
            if answer.modem is None:  # what `Modem.post` fails with says it itself
                tell_of_post(failure, Sent.NOTHING)
            raise

    return run_work(told(), watching, output=output, left=answer.stopped)


def _body(data: str) -> bytes:
    """Raises `click.UsageError` for a file that cannot be read."""
    if data == "@-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return os.fsencode(data)
    return read_file("--data", data[1:], most=_LARGEST_BODY)
