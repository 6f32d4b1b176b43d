"""Where the answer to `post` and `head` goes."""

import sys

import typer

from atwin.cli.exits import DONE, REFUSED


def check_output(output: str) -> None:
    """Before anything is sent: whether the answer can be kept there.

    Raises `typer.BadParameter`.
    """
    from atwin.disk.errors import DiskError
    from atwin.disk.target import find_target

    if output != "-":
        try:
            find_target(output)
        except DiskError as error:
            raise typer.BadParameter(f"{error}, or - for stdout") from None


def deliver(status: int, content: bytes, output: str) -> int:
    """Write `content` to the file `output` (`-` is stdout), say `status`; the exit code.

    Raises `typer.BadParameter` for a file that cannot be written.
    """
    if output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        from atwin.disk.errors import DiskError
        from atwin.disk.whole import write_file

        try:
            write_file(output, content)
        except DiskError as error:
            raise typer.BadParameter(str(error)) from None
    typer.echo(f"status {status}, {len(content)} bytes", err=True)
    return REFUSED if status >= 400 else DONE
