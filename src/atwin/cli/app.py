"""The program: its commands, and the one place where errors become a line and an exit code."""

from contextlib import suppress
from importlib import import_module

import click

from atwin import __version__
from atwin.cli.ending import (
    DONE,
    EXIT_CODES,
    INTERRUPTED,
    REFUSED,
    STOPPED,
    USAGE,
    explain,
    noting,
    print_object,
    wants_json,
)
from atwin.cli.says import say

#: What each command does, in the order of the help. The code of each is in the file or folder
#: `commands/NAME`, and its own help begins with the same sentence.
COMMANDS = {
    "models": "List the module profiles and their limits, in bytes and bit/s.",
    "faults": "List the fault plans that --faults knows by name, or print one.",
    "twin": "Run a virtual module on a PTY, TCP, RFC 2217 or serial port.",
    "get": "Download a file of any size, and resume it when interrupted.",
    "post": "Post a file or a text, and print the answer.",
    "head": "Print the header block of a URL.",
    "probe": "Check whether modules can reach an HTTPS server.",
    "traffic": "Estimate or measure what traffic costs.",
    "plan": "Estimate how long a download takes and what it costs.",
    "fleet": "Simulate an update of many modules: the devices, their server, the bill.",
    "recover": "Bring a module back onto the network, and say what helped.",
    "at": "Send AT commands, and print what the module answers.",
    "ports": "List serial ports, and what answers there.",
    "console": "Type AT commands, and see what the module answers.",
    "trace": "Read a file that --trace wrote.",
    "replay": "Replay an AT line that --pcap recorded, and show what differs.",
    "completion": "Print or install the script for completion with the Tab key.",
}

#: A variable: what the shell's script that `atwin completion` wrote asks for.
COMPLETE = "_ATWIN_COMPLETE"


class _Commands(click.Group):
    """Reads the file of a command when the command is run; lists need its sentence only."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        told = COMMANDS.get(cmd_name)
        return None if told is None else click.Command(cmd_name, help=told)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, None if name is None or command is None else read_command(name), rest


def read_command(name: str) -> click.Command:
    """One of `COMMANDS`, from its file."""
    command = getattr(import_module(f"atwin.cli.commands.{name}"), name)
    assert isinstance(command, click.Command)
    return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {EXIT_CODES}. With --json a command that fails prints an object with "
    '"error" and "exit_code".',
)
@click.version_option(
    __version__, message="%(prog)s %(version)s", help="Print the version and exit."
)
def app() -> None:
    """A virtual AT cellular module that does real HTTP(S), and the host that drives one."""


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Whatever goes wrong is one line on stderr.

    With `--json` it is one object on stdout as well.
    """
    if not arguments:
        return run(["--help"]) or USAGE
    with noting() as outcome:
        code, error = attempt(arguments)
        if error is not None and error == STOPPED.get(code) and outcome.left is not None:
            error = f"{error}; {outcome.left()}"
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
        return USAGE, "no argument can hold a NUL character"
    try:
        # Not `app()`: that ends the program for a broken pipe, and prints when it is interrupted.
        with app.make_context("atwin", list(arguments)) as context:
            code = app.invoke(context) or DONE
    except click.exceptions.Exit as ended:  # --help, --version
        code = ended.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except BrokenPipeError:  # whoever reads the output has enough of it, such as `head`
        return REFUSED, None
    except Exception as error:
        line, code = explain(error, f"atwin {arguments[0]}")
        return code, line
    return code, STOPPED.get(code)


def complete(asked: str) -> int:
    """Print the words that a shell's script asks for; the exit code."""
    from click.shell_completion import shell_complete

    import_module("atwin.cli.commands.completion")  # knows more of bash than click
    return shell_complete(app, {}, "atwin", COMPLETE, asked)
