"""`atwin trace`: what a `--trace` file tells."""

from typing import Annotated

import typer

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

    \b
    Example:
      atwin get http://example.org/f.bin --trace f.trace; atwin trace show f.trace
    """
    from atwin.cli.trace.show import show_records
    from atwin.cli.trace.source import read_trace

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

    The page needs nothing else, no network either.

    \b
    Example:
      atwin trace plot f.trace -o f.html
    """
    from atwin.cli.trace.plot import page
    from atwin.cli.trace.source import read_trace
    from atwin.disk.text import write_text

    target = output or f"{file}.html"
    write_text(target, page(list(read_trace(file)), file))
    typer.echo(target)
