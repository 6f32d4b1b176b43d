"""The program: its commands, and the one place where errors become a line and an exit code.

Nothing heavy is imported here or at the top of a command's file: `atwin --help` must not wait
for the TLS stack.
"""

from contextlib import suppress
from typing import Annotated

import typer

from atwin.cli.commands.console import console
from atwin.cli.commands.get import get
from atwin.cli.commands.head import head
from atwin.cli.commands.models import models
from atwin.cli.commands.post import post
from atwin.cli.commands.probe import probe
from atwin.cli.commands.recover import recover
from atwin.cli.commands.trace import trace
from atwin.cli.commands.traffic import traffic
from atwin.cli.commands.twin import twin
from atwin.cli.output.exits import DONE, EXIT_CODES, INTERRUPTED, STOPPED, USAGE, explain
from atwin.cli.output.outcome import noting, print_object, wants_json
from atwin.cli.output.says import say

app = typer.Typer(
    name="atwin",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {EXIT_CODES}. With --json a command that fails prints an object with "
    '"error" and "exit_code".',
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
    """Run one command line; the exit code. Whatever goes wrong is one line on stderr.

    With `--json` it is one object on stdout as well.
    """
    if not arguments:
        return run(["--help"]) or USAGE
    with noting() as outcome:
        code, error = attempt(arguments)
        if error is not None:
            # Whoever stops a command knows that it ends.
            if error != STOPPED.get(code):
                say(error)
            if wants_json(arguments) and not outcome.printed:
                with suppress(OSError):  # a full disk: the line on stderr has to do
                    print_object({"error": error, "exit_code": code, **outcome.facts})
    return code


def attempt(arguments: list[str]) -> tuple[int, str | None]:
    """Run one command line: the exit code, and the line about what went wrong.

    The line is None for a command that has said itself how it ended.
    """
    if any("\0" in word for word in arguments):  # of --run, or of a program: no shell can do that
        return USAGE, "a NUL character can be in no argument"
    try:
        code = app(arguments, prog_name="atwin", standalone_mode=False) or DONE
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        line, code = explain(error, f"atwin {arguments[0]}")
        return code, line
    return code, STOPPED.get(code)
