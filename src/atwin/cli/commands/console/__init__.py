"""`atwin console`: an AT terminal on any port."""

from typing import Annotated

import typer

from atwin.cli.options.inputs import no_nan
from atwin.cli.options.shared import DEFAULT_PORT, Port, TraceFile


def console(
    port: Port = DEFAULT_PORT,
    silence: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=0.1,
            callback=no_nan,
            help="With piped input: give up when the module says nothing for so long.",
        ),
    ] = 100.0,
    trace: TraceFile = None,
) -> None:
    """Type AT commands, see what the module says.

    On a terminal: history, completion with the Tab key, time stamps, `>` sent, `<` answered,
    `!` unsolicited; Ctrl-D ends. When a command asks for data, the next line is sent as data,
    and `@FILE` sends that file.

    With piped input each line waits for the answer to the one before (AT+HTTPACTION: for its
    URC), the module's lines go to stdout, and the end of input ends the console. Control characters
    other than CR, LF and TAB are shown as escapes.

    \b
    Examples:
      atwin console --port /dev/ttyUSB0
      printf 'ATI\\nAT+CSQ\\n' | atwin console
    """
    import sys

    from atwin.cli.running import finish, run

    if sys.stdin.isatty() and sys.stdout.isatty():
        from atwin.cli.commands.console.interactive import talk

        finish(run(talk(port), trace))
    else:
        from atwin.cli.commands.console.piped import pipe

        finish(run(pipe(port, silence), trace))
