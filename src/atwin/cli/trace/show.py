"""A trace as a dialogue."""

from collections.abc import Iterable

from atwin.cli.trace.words import Record, describe

#: Mark and colour of what is no dialogue, by kind.
_BESIDE = {
    "start": ("*", "bold"),
    "line": ("~", "yellow"),
    "net": ("#", "magenta"),
    "buffer": ("=", "blue"),
    "power": ("!", "bold red"),
    "host": ("+", "cyan"),
}
_DIALOGUE = {"command": "bold", "answer": "green", "urc": "bold cyan", "data": "dim"}


def show_records(records: Iterable[Record], colour: bool | None) -> None:
    """Print them; `colour` None decides by the terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        force_terminal=colour, no_color=colour is False or None, highlight=False, soft_wrap=True
    )
    for record in records:
        mark, style = _look(record)
        line = Text(f"{record['t']:12.6f} ", style="dim")
        line.append(f"{mark} {_printable(describe(record))}", style=style)
        console.print(line)


def _look(record: Record) -> tuple[str, str]:
    kind = record.get("kind", "")
    if kind in _DIALOGUE:
        style = _DIALOGUE[kind]
        if kind == "answer" and "ERROR" in record.get("text", ""):
            style = "bold red"
        return record.get("dir", "?"), style
    return _BESIDE.get(kind, ("?", ""))


def _printable(text: str) -> str:
    """Control characters as escapes: a trace must not move anybody's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
