"""`atwin console`: an AT terminal on any port."""

import sys

import click

from atwin.cli.options import FILE, Number, PortOptions, option, takes
from atwin.cli.panel import PANEL, PanelWatching
from atwin.cli.says import say


@click.command()
@takes(PortOptions)
@option(
    "--timeout",
    "silence",
    type=Number(0.1),
    default=100.0,
    metavar="SECONDS",
    help="With piped input: give up when the module has been silent for this time.",
)
@option("--log", type=FILE, help="Append all lines to FILE, with time stamps, secrets as ***.")
@PANEL
def console(options: PortOptions, silence: float, log: str | None, watching: PanelWatching) -> int:
    """Type AT commands, and see what the module answers.

    On a terminal there is a history, completion with the Tab key, and time stamps (they need
    atwin[console]). `>` marks what is sent, `=` data, `<` answers, and `!` URCs. Ctrl-D ends, with
    exit code 0. When a command asks for data, the next line is sent as data, and `@FILE` sends that
    file.

    With piped input, or without atwin[console], each line waits for the answer to the line before
    (AT+HTTPACTION: for its URC). The module's lines go to stdout. The end of input ends the
    console, with exit code 1 if the module refused a command. Control characters other than CR, LF
    and TAB are shown as escapes.

    \b
    Examples:
      atwin console --port /dev/ttyUSB0
      printf 'ATI\\nAT+CSQ\\n' | atwin console
    """
    from atwin.cli.running import run_work

    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            from atwin.cli.commands.console.interactive import talk
        except ModuleNotFoundError as error:
            if error.name != "prompt_toolkit":
                raise
            say("for a history, the Tab key and time stamps: pip install 'atwin[console]'")
        else:
            return run_work(talk(options.port, log, watching), watching)
    from atwin.cli.commands.console.piped import pipe

    return run_work(pipe(options.port, silence, log, watching), watching)
