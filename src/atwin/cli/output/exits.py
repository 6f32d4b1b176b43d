"""Exit codes, and the one line for whatever went wrong."""

import errno
import os

import typer

from atwin.cli.options.typed import sentence
from atwin.cli.output.outcome import CommandFailed
from atwin.cli.output.says import one_line, say_traceback

DONE = 0
REFUSED = 1
USAGE = 2
MODULE_FAILED = 3
TLS_FAILED = 4
NOT_VERIFIED = 5
INTERRUPTED = 130
TERMINATED = 143

#: How a command ends that somebody stops.
STOPPED = {INTERRUPTED: "interrupted", TERMINATED: "terminated"}

EXIT_CODES = (
    "0 done, 1 the server or entity refused, 2 usage, 3 module, line or network failed, "
    "4 TLS failed, 5 verification failed, 130 interrupted, 143 terminated"
)


def explain(error: Exception, command: str = "atwin") -> tuple[str, int]:
    """What to tell the user about `error` of `command`: one line, and the exit code it means.

    With `ATWIN_DEBUG` in the environment the traceback is printed as well.
    """
    if os.environ.get("ATWIN_DEBUG"):
        say_traceback(error)
    return judged(error, command)


def judged(error: Exception, command: str = "atwin") -> tuple[str, int]:
    """The line and the exit code of `explain`, and nothing is printed."""
    line, code = _judge(error, command)
    return one_line(line), code


def _judge(error: Exception, command: str) -> tuple[str, int]:
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else command
        return f"{sentence(error)}; see {command} --help", error.exit_code

    from atwin.disk.state import StateError
    from atwin.host.errors import HostError, OptionError
    from atwin.line.errors import PortError, PortSpecError
    from atwin.models import UnknownModelError

    match error:
        case OptionError():
            return f"{error}; see {command} --help", USAGE
        case HostError() | CommandFailed():
            return str(error), error.exit_code
        case StateError() | UnknownModelError() | PortSpecError():
            return str(error), USAGE
        case PortError():
            return str(error), MODULE_FAILED
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO | errno.EPIPE):
            return f"cannot write the output: {error.strerror}", USAGE
        case _:
            name = type(error).__name__
            advice = "this is a defect: run again with ATWIN_DEBUG=1 to see where"
            return f"{name}: {error}; {advice}", MODULE_FAILED
