"""`atwin post`: send a body, print the one that comes back."""

import os
import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options.inputs import read_option
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
    Output,
    PinsOption,
    Port,
    Timeout,
    TraceFile,
    Traffic,
)
from atwin.cli.options.tls import Ca, Cert, CheckDates, Key, Seclevel, Suite

if TYPE_CHECKING:
    from atwin.host.modem import Modem

#: Bytes: what no module takes need not be read.
_LARGEST_BODY = 1 << 30


class Strategy(Enum):
    """How the body goes."""

    AUTO = "auto"
    BUFFER = "buffer"
    STREAM = "stream"


def post(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to post.")],
    data: Annotated[
        str,
        typer.Option(
            "--data", "-d", metavar="DATA", help="What to post: @FILE, @- for stdin, or the text."
        ),
    ],
    content_type: Annotated[
        str, typer.Option("--content-type", metavar="TYPE", help="Its Content-Type.")
    ] = "",
    strategy: Annotated[
        Strategy,
        typer.Option(
            help="buffer: HTTPDATA; stream: HTTPEXACTION, for bodies and answers of any size."
        ),
    ] = Strategy.AUTO,
    output: Output = "-",
    header: Headers = None,
    header_env: HeaderEnv = None,
    user: User = None,
    no_redirect: NoRedirect = False,
    https_only: HttpsOnly = False,
    allow_downgrade: AllowDowngrade = False,
    port: Port = DEFAULT_PORT,
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
    """Post a file or a text, print the answer.

    The status goes to stderr; one of 400 and more ends with exit code 1. What does not fit the
    module's buffer is streamed where the module can, and so is all where the buffer is small: an
    answer that does not fit it would be lost. A POST that has been sent is never sent again.

    \b
    Examples:
      atwin post http://example.org/log --data @today.json --content-type application/json
      date | atwin post http://example.org/log --data @-
    """
    from atwin.cli.output.answer import check_output, deliver, stopped
    from atwin.cli.running import finish, run_told
    from atwin.host.errors import HostError
    from atwin.host.http.setup import Setup
    from atwin.host.http.statuses import Sent, tell_of_post

    headers = headers_from(header, header_env, user)
    redirects = redirects_from(no_redirect, https_only, allow_downgrade)
    # What cannot be sent is said before a module is opened.
    Setup.of(url, timeout=timeout, redirects=redirects, content_type=content_type, headers=headers)
    check_output(output)
    body = _body(data)

    used: Modem | None = None

    async def work() -> int:
        nonlocal used
        from atwin.cli.commands.traffic.watch import Watch
        from atwin.cli.module import ready_modem
        from atwin.cli.options.tls import https
        from atwin.host.recovery.recovery import Retry

        cost = Watch() if traffic else None
        with https(url, ca, cert, key, seclevel, suite, check_dates) as tls:
            async with ready_modem(port, tls, pins, give_up, cost) as modem:
                used = modem
                response = await modem.post(
                    url,
                    body,
                    content_type=content_type,
                    headers=headers,
                    timeout=timeout,
                    redirects=redirects,
                    strategy=strategy.value,
                    retry=Retry(unsent_only=True, give_up=give_up),
                )
        return deliver("POST", response.status, response.body, output)

    def left() -> str:
        return stopped("POST", Sent.NOTHING if used is None else used.sent)

    async def told() -> int:
        try:
            return await work()
        except HostError as failure:
            if used is None:  # what `Modem.post` fails with says it itself
                tell_of_post(failure, Sent.NOTHING)
            raise

    finish(run_told(told(), trace, output, left))


def _body(data: str) -> bytes:
    """Raises `typer.BadParameter` for a file that cannot be read."""
    if data == "@-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return os.fsencode(data)
    return read_option("--data", data[1:], most=_LARGEST_BODY)
