"""Where the answer to `post` and `head` goes."""

import sys
from typing import TYPE_CHECKING

import typer

from atwin.cli.output.exits import DONE, REFUSED, USAGE, explain
from atwin.cli.output.outcome import CommandFailed

if TYPE_CHECKING:
    from atwin.host.http.statuses import Sent


def check_output(output: str) -> None:
    """Before anything is sent: whether the answer can be kept there. Raises `CommandFailed`."""
    from atwin.disk.errors import DiskError
    from atwin.disk.target import find_target

    if output != "-":
        try:
            find_target(output)
        except DiskError as error:
            advice = "nothing was sent; name another file, or - for stdout"
            raise CommandFailed(f"{error}; {advice}", USAGE) from None


def deliver(method: str, status: int, content: bytes, output: str) -> int:
    """Write `content` to the file `output` (`-` is stdout), say `status`; the exit code.

    Raises `CommandFailed`, which says that the request of that `method` has been answered, where
    `content` cannot be written. What was in the file stays then.
    """
    from atwin.disk.errors import DiskError
    from atwin.disk.whole import write_file

    try:
        if output == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            write_file(output, content)
    except (DiskError, OSError) as error:
        why = str(error) if isinstance(error, DiskError) else explain(error)[0]
        raise CommandFailed(
            f"{why}; the {method} was sent, and answered with status {status}", USAGE
        ) from None
    typer.echo(f"status {status}, {len(content)} bytes", err=True)
    return REFUSED if status >= 400 else DONE


def stopped(method: str, sent: "Sent") -> str:
    """How far a request of that `method` had got when somebody stopped it."""
    from atwin.host.http.statuses import Sent

    return {
        Sent.NOTHING: f"the {method} was not sent yet",
        Sent.PERHAPS: f"the {method} may have been sent",
        Sent.ANSWERED: f"the {method} was sent, and its answer was under way",
    }[sent]
