"""`atwin trace`: what a `--trace` file tells."""

from typing import Annotated

import typer

from atwin.text import shown

trace = typer.Typer(help="Read a file that --trace wrote.", rich_markup_mode=None)

_File = Annotated[str, typer.Argument(metavar="FILE", help="What --trace FILE wrote.")]


@trace.command()
def show(
    file: _File,
    colour: Annotated[
        bool | None,
        typer.Option("--colour/--plain", help="By default coloured on a terminal."),
    ] = None,
) -> None:
    """Print the dialogue, with times, line and network events.

    The file alone is enough, also one that is still being written or was cut off. `>` is to the
    module, `<` from it, `~` the line, `#` the network, `=` the buffer, `!` power and faults, `+`
    what the host does.

    \b
    Example:
      atwin get http://example.org/f.bin --trace f.trace; atwin trace show f.trace
    """
    from atwin.cli.commands.trace.show import show_records
    from atwin.cli.commands.trace.source import read_trace

    show_records(read_trace(file), colour)


@trace.command()
def plot(
    file: _File,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="HTML", help="Where to; by default FILE.html."),
    ] = None,
) -> None:
    """Draw the run as one HTML page: throughput, buffer, connections, events.

    The page needs nothing else, no network either. One that is there is replaced.

    \b
    Example:
      atwin trace plot f.trace -o f.html
    """
    from atwin.cli.commands.trace.plot import page
    from atwin.cli.commands.trace.source import is_same_file, read_trace
    from atwin.disk.errors import DiskError
    from atwin.disk.whole import write_file

    target = output or f"{file}.html"
    if is_same_file(file, target):
        raise typer.BadParameter(f"{target} is the trace itself: name another file with -o")
    drawn = page(list(read_trace(file)), file)
    try:
        write_file(target, drawn.encode())
    except DiskError as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(shown(target, limit=None))
