"""The console on a terminal."""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from atwin.cli.commands.console.log import logged
from atwin.cli.commands.console.terminal import Mark, Terminal
from atwin.cli.module import told_line
from atwin.cli.panel import PanelWatching
from atwin.cli.reference import command_families
from atwin.cli.says import say
from atwin.disk.errors import DiskError
from atwin.text import masked, shown

#: Of what a module says these are shown as they act; the rest is escaped.
_KEPT = "\r\n\t"
_COLOURS = {Mark.SENT: "ansicyan", Mark.DATA: "ansicyan", Mark.ANSWER: "", Mark.URC: "ansiyellow"}


async def talk(url: str, log: str | None, watching: PanelWatching) -> int:
    """Talk to the module at `url` until Ctrl-D; the exit code. `log` is a file for it all.

    Raises as `told_line` does, and `DiskError` for a log that cannot be opened.
    """
    with logged(log, _show) as show:
        async with told_line(url, watching) as opened:
            port = opened.port
            terminal = Terminal(port, show)
            session: PromptSession[str] = PromptSession(
                history=_history(lambda: bool(terminal.data_due)),
                completer=CommandCompleter(),
                complete_while_typing=False,
            )
            print(f"{shown(port.name)}: Tab completes, Ctrl-D ends")
            with patch_stdout():
                while True:
                    try:
                        line = await session.prompt_async(
                            lambda: "data> " if terminal.data_due else ""
                        )
                    except KeyboardInterrupt:
                        continue  # as in any shell, it only drops the line being typed
                    except EOFError:
                        return 0
                    try:
                        terminal.enter(line)
                    except DiskError as error:
                        say(str(error))


def _show(mark: Mark, text: str) -> None:
    now = datetime.now().strftime("%H:%M:%S.%f")[:-3]
    line = FormattedText(
        [
            ("ansibrightblack", f"{now} "),
            (_COLOURS[mark], f"{mark.value} {shown(text, limit=None, keep=_KEPT)}"),
        ]
    )
    print_formatted_text(line)


class _Careful(FileHistory):
    """Keeps no line with a secret, and no data: the arrow keys have them until the console ends."""

    def __init__(self, path: str, is_data: Callable[[], bool]) -> None:
        super().__init__(path)
        self._is_data = is_data

    def store_string(self, string: str) -> None:
        if masked(string) == string and not self._is_data():
            super().store_string(string)


def _history(is_data: Callable[[], bool]) -> History:
    """Lines typed earlier, kept in the user's state directory where that can be written."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    directory = Path(base) / "atwin"
    history = directory / "console-history"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        history.touch(mode=0o600)
        history.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return _Careful(str(history), is_data)


class CommandCompleter(Completer):
    """Completes each command of the twin, after `AT` or the `;` that separates commands."""

    def __init__(self) -> None:
        self._words = [
            (declaration.name, form.value, declaration.doc.partition("\n")[0])
            for family in command_families()
            for declaration in family.declarations
            for form in declaration.forms
            if declaration.name[0] in "+*^&"
        ]
        self._words.sort()

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        typed = document.text_before_cursor.rpartition(";")[2].lstrip()
        if ";" not in document.text_before_cursor:
            if typed[:2].upper() != "AT"[: len(typed)]:
                return
            typed = typed[2:]
        for name, sign, meaning in self._words:
            if name.startswith(typed.upper()):
                missing = "AT" if not document.text_before_cursor.strip() else ""
                yield Completion(
                    missing + name + sign, start_position=-len(typed), display_meta=meaning
                )
