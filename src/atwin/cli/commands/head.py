"""`atwin head`: the header block of a response."""

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
    Output,
    PinsOption,
    Port,
    Timeout,
    TraceFile,
)
from atwin.cli.options.tls import Ca, Cert, CheckDates, Key, Seclevel, Suite

if TYPE_CHECKING:
    from atwin.host.modem import Modem


def head(
    url: Annotated[str, typer.Argument(metavar="URL", help="What to ask about.")],
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
    trace: TraceFile = None,
) -> None:
    """Print the header block of a URL.

    The status goes to stderr; one of 400 and more ends with exit code 1. The Air724UG hands
    headers out in lower case, values included.

    \b
    Example:
      atwin head http://example.org/firmware.bin
    """
    from atwin.cli.output.answer import check_output, deliver, stopped
    from atwin.cli.running import finish, run_told
    from atwin.host.http.setup import Setup
    from atwin.host.http.statuses import Sent

    headers = headers_from(header, header_env, user)
    redirects = redirects_from(no_redirect, https_only, allow_downgrade)
    # What cannot be sent is said before a module is opened.
    Setup.of(url, timeout=timeout, redirects=redirects, headers=headers)
    check_output(output)

    used: Modem | None = None

    async def work() -> int:
        nonlocal used
        from atwin.cli.module import ready_modem
        from atwin.cli.options.tls import https
        from atwin.host.recovery.recovery import Retry

        with https(url, ca, cert, key, seclevel, suite, check_dates) as tls:
            async with ready_modem(port, tls, pins, give_up) as modem:
                used = modem
                response = await modem.head(
                    url,
                    headers=headers,
                    timeout=timeout,
                    redirects=redirects,
                    retry=Retry(give_up=give_up),
                )
        return deliver("HEAD", response.status, response.headers.raw + b"\r\n", output)

    def left() -> str:
        return stopped("HEAD", Sent.NOTHING if used is None else used.sent)

    finish(run_told(work(), trace, output, left))
