"""The program: its commands, and the one place where errors become a line and an exit code.

Nothing heavy is imported here or at the top of a command's file: `atwin --help` must not wait
for the TLS stack.
"""

from typing import Annotated

import typer

from atwin.cli.console import console
from atwin.cli.exits import INTERRUPTED, USAGE, explain
from atwin.cli.get import get
from atwin.cli.head import head
from atwin.cli.models import models
from atwin.cli.post import post
from atwin.cli.probe import probe
from atwin.cli.recover import recover
from atwin.cli.trace import trace
from atwin.cli.traffic import traffic
from atwin.cli.twin import twin

app = typer.Typer(
    name="atwin",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 the server or entity refused, 2 usage, 3 module or line failed, "
    "4 TLS failed, 5 verification failed, 130 interrupted.",
)
for command in (models, twin, get, post, head, probe, traffic, recover, console):
    app.command()(command)
app.add_typer(trace, name="trace")


def _print_version(wanted: bool) -> None:
    if wanted:
        from atwin import __version__

        typer.echo(f"atwin {__version__}")
        raise typer.Exit


@app.callback()
def _atwin(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it and end."),
    ] = False,
) -> None:
    """A virtual AT cellular module that does real HTTP(S), and the host that drives one."""


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Whatever goes wrong is one line on stderr."""
    if not arguments:
        app(["--help"], prog_name="atwin", standalone_mode=False)
        return USAGE
    try:
        code = app(arguments, prog_name="atwin", standalone_mode=False)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        line, code = explain(error)
        typer.echo(f"atwin: {line}", err=True)
    return code or 0
