"""The console without a terminal: lines in, the module's lines out."""

import asyncio
import contextlib
import threading

from atwin.cli.commands.console.log import logged
from atwin.cli.commands.console.terminal import Mark, NoAnswer, Terminal
from atwin.cli.ending import DONE, MODULE_FAILED, REFUSED
from atwin.cli.module import told_line
from atwin.cli.panel import PanelWatching
from atwin.cli.says import say
from atwin.text import shown


async def pipe(url: str, silence: float, log: str | None, watching: PanelWatching) -> int:
    """Feed stdin to the module at `url`, line by line; the exit code. `log` is a file for it all.

    Raises as `told_line` does, and `DiskError` for a log or a data file that cannot be opened.
    """
    with logged(log, _print_answer) as show:
        lines = _stdin_lines()
        async with told_line(url, watching) as opened:
            port = opened.port
            terminal = Terminal(port, show)
            try:
                while (line := await lines.get()) is not None:
                    terminal.enter(line)
                    await terminal.settled(silence)
                terminal.data_due = 0  # what is still due is the module's to time out
                await terminal.settled(silence)
            except NoAnswer as problem:
                say(f"{port.name}: {problem}")
                return MODULE_FAILED
    if terminal.refused:
        say(f"the module refused {terminal.refused} of {terminal.answered} command lines")
        return REFUSED
    return DONE


def _print_answer(mark: Mark, text: str) -> None:
    if mark not in (Mark.SENT, Mark.DATA):
        print(shown(text, limit=None, keep="\r\n\t"), flush=True)


def _stdin_lines() -> asyncio.Queue[str | None]:
    """The lines of stdin as they come, None at the end."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        # Unbuffered: the program may end while this thread still waits in a read, and
        # a buffer's lock would then be in the interpreter's way.
        with open(0, "rb", buffering=0, closefd=False) as stdin, contextlib.suppress(RuntimeError):
            while raw := stdin.readline():
                text = raw.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
                loop.call_soon_threadsafe(lines.put_nowait, text)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True, name="stdin").start()
    return lines
