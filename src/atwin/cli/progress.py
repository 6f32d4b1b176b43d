"""How a download shows on stderr: a bar on a terminal, hardly anything elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import TextIOBase
from shutil import get_terminal_size
from typing import Any, Protocol, TypeVar

from atwin.cli.ending import known
from atwin.cli.results import counted
from atwin.cli.says import one_line, say
from atwin.host.download.reports import Progress
from atwin.host.errors import VerificationError
from atwin.host.recovery.rungs import GENTLE
from atwin.session.tracing import current_trace
from atwin.trace import Trace

#: What tqdm is given for a terminal that does not say its size: COLUMNS and LINES, or the usual.
_SIZE = ("ncols", "nrows")


class Advancing(Protocol):
    """A state of a work of which so much is done."""

    @property
    def done(self) -> int:
        """Of what was there before as well."""


_State = TypeVar("_State", bound=Advancing)


@contextmanager
def show_progress(name: str) -> Iterator[Callable[[Progress], None]]:
    """What to call with each `Progress`; notes stay on the screen, the bar moves on.

    What is kept on disk is `known` to a program if the download fails.
    """
    try:
        with bar(one_line(name), _draw, _quiet(), unit="B", unit_scale=True) as shown:
            show = _also_traced(shown, current_trace())

            def tell(progress: Progress) -> None:
                known(bytes=progress.total, bytes_kept=progress.kept)
                show(progress)

            yield tell
    except VerificationError:
        known(bytes_kept=0)  # the wrong ones are gone
        raise


@contextmanager
def bar(
    name: str,
    draw: Callable[[Any, _State], None],
    elsewhere: Callable[[_State], None],
    **looks: Any,
) -> Iterator[Callable[[_State], None]]:
    """What to call with each state of a work: a bar of tqdm on a terminal, else `elsewhere`.

    `draw` gives the bar what it shows beside `done`. What is said on stderr meanwhile comes to
    stand above it.
    """
    if not sys.stderr.isatty():
        yield elsewhere
        return
    usual = dict(zip(_SIZE, get_terminal_size(), strict=True))
    looks |= {"dynamic_ncols": True} if _is_sized() else usual
    with (
        _tqdm()(desc=name, file=sys.stderr, miniters=1, **looks) as shown,
        redirect_stderr(_Above(shown)),
    ):
        begun = False

        def show(state: _State) -> None:
            nonlocal begun
            is_first, begun = not begun, True
            if is_first:
                # What an earlier run left is not part of this one's rate.
                shown.reset()
                shown.n = shown.initial = state.done
            draw(shown, state)
            shown.update(state.done - shown.n)
            if is_first:
                shown.refresh()

        yield show


def _tqdm() -> Any:
    """The class, without what TQDM_* say: it reads them when it is imported.

    One it cannot read ends the import, and many that it can (TQDM_DISABLE=1) end a bar that moves.
    """
    theirs = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("TQDM_")}
    try:
        from tqdm import tqdm
    finally:
        os.environ.update(theirs)
    if theirs:
        say(f"{' and '.join(sorted(theirs))} of the environment: ignored")
    tqdm.monitor_interval = 0  # a thread that looks after bars nobody moves
    return tqdm


def _is_sized() -> bool:
    """Whether the terminal says how large it is; some say 0, and tqdm believes that."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:
        return False


class _Above(TextIOBase):
    """Whole lines above a bar; `tqdm.contrib` has another one, which click takes for a binary."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, shown: Any) -> None:
        self._shown, self._begun = shown, ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._shown.write(line, file=self._shown.fp)
        return len(text)

    def isatty(self) -> bool:
        return True


def _also_traced(show: Callable[[Progress], None], trace: Trace) -> Callable[[Progress], None]:
    """What is safe on disk, and what went wrong, is reported to `trace` as well."""
    if not trace.on:
        return show
    kept, retries = -1, 0

    def tell(progress: Progress) -> None:
        nonlocal kept, retries
        show(progress)
        if progress.rung is not None:
            trace.notes("host", f"recovery: {progress.rung}", retries=progress.retries)
        elif progress.note is not None:
            if progress.retries == retries:  # of a retry the log has told
                trace.notes("host", progress.note)
            retries = progress.retries
        elif progress.kept != kept:
            kept = progress.kept
            trace.notes("host", "kept", bytes=kept, of=progress.total)

    return tell


def _draw(shown: Any, progress: Progress) -> None:
    if progress.note:
        shown.write(one_line(progress.note), file=shown.fp)
    shown.total = progress.total
    shown.set_postfix_str(_where(progress), refresh=False)


def _where(progress: Progress) -> str:
    text = f"part {progress.part}"
    if progress.parts is not None:
        text += f" of {progress.parts}"
    return f"{text}, {counted(progress.retries, 'retry')}" if progress.retries else text


def _quiet() -> Callable[[Progress], None]:
    """Says why a download starts over, and the stronger means of a recovery.

    Retries and new PDPs are only counted, in the summary.
    """
    retries = 0

    def show(progress: Progress) -> None:
        nonlocal retries
        climbing = progress.rung is not None and progress.rung not in GENTLE
        if progress.note and (climbing or (progress.retries == retries and not progress.rung)):
            say(progress.note)
        retries = progress.retries

    return show
