"""`--log FILE` of the console: the dialogue with time stamps, without secrets and data."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from atwin.cli.commands.console.terminal import Mark
from atwin.cli.says import say
from atwin.disk.errors import DiskError
from atwin.disk.log import LogFile
from atwin.text import masked, shown

Show = Callable[[Mark, str], None]


@contextmanager
def logged(path: str | None, show: Show) -> Iterator[Show]:
    """`show`, and the same lines in the file at `path`, where there is one. Raises `DiskError`."""
    if path is None:
        yield show
        return
    with closing(LogFile(path)) as file:
        full = False

        def both(mark: Mark, text: str) -> None:
            nonlocal full
            show(mark, text)
            try:
                if not full:
                    file.append(_line(mark, text))
            except DiskError as error:  # it ends the log, not the work
                full = True
                say(f"the log ends here: {error}")

        yield both


def _line(mark: Mark, text: str) -> str:
    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    told = f"({len(text.encode('utf-8', 'replace'))} bytes)" if mark is Mark.DATA else masked(text)
    return f"{now} {mark.value} {shown(told, limit=None)}"
