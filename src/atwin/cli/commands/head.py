"""`atwin head`: the header block of a response."""

import click

from atwin.cli.options import JSON, OUTPUT, takes
from atwin.cli.panel import PANEL, PanelWatching
from atwin.cli.request import RequestOptions


@click.command()
@click.argument("url", metavar="URL")
@OUTPUT
@takes(RequestOptions)
@JSON
@PANEL
def head(
    url: str, output: str, options: RequestOptions, as_json: bool, watching: PanelWatching
) -> int:
    """Print the header block of a URL.

    The status goes to stderr; a status of 400 or more ends with exit code 1. The Air724UG prints
    headers in lower case, values included. With --json they are in the object, and -o has them as
    they came.

    \b
    Example:
      atwin head http://example.org/firmware.bin
    """
    from atwin.cli.results import AnswerOutput
    from atwin.cli.running import run_work
    from atwin.host.http.setup import Setup

    answer = AnswerOutput("HEAD", url, output, as_json=as_json)
    asked = options.asked()
    # What cannot be sent is said before a module is opened.
    Setup.of(url, **asked)
    faults: dict[str, object] = {}

    async def work() -> int:
        from atwin.cli.module import ready_modem
        from atwin.host.recovery.recovery import Retry

        with options.tls(url) as tls:
            async with ready_modem(options, tls, facts=faults, watching=watching) as modem:
                answer.modem = modem
                response = await modem.head(url, retry=Retry(give_up=options.give_up), **asked)
        return answer.deliver(response, response.headers.raw + b"\r\n", **faults)

    return run_work(work(), watching, output=output, left=answer.stopped)
