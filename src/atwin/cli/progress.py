"""How a download shows on stderr: a bar on a terminal, hardly anything elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from atwin.cli.ending import known
from atwin.cli.results import counted
from atwin.cli.says import one_line, say
from atwin.host.download.reports import Progress
from atwin.host.errors import VerificationError
from atwin.host.recovery.rungs import GENTLE
from atwin.session.tracing import current_trace
from atwin.trace import Trace


@contextmanager
def show_progress(name: str) -> Iterator[Callable[[Progress], None]]:
    """What to call with each `Progress`; notes stay on the screen, the bar moves on.

    What is kept on disk is `known` to a program if the download fails.
    """
    try:
        with _shown(name) as shown:
            show = _also_traced(shown, current_trace())

            def tell(progress: Progress) -> None:
                known(bytes=progress.total, bytes_kept=progress.kept)
                show(progress)

            yield tell
    except VerificationError:
        known(bytes_kept=0)  # the wrong ones are gone
        raise


@contextmanager
def _shown(name: str) -> Iterator[Callable[[Progress], None]]:
    if not sys.stderr.isatty():
        yield _quiet()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[where]}", style="dim"),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(one_line(name), total=None, where="")
        begun_at: int | None = None

        def show(progress: Progress) -> None:
            nonlocal begun_at
            if begun_at is None:
                # What an earlier run left is not part of this one's rate.
                begun_at = progress.done
                bar.reset(task, completed=begun_at)
            if progress.note:
                bar.console.print(
                    one_line(progress.note), style="yellow", markup=False, highlight=False
                )
            bar.update(task, completed=progress.done, total=progress.total, where=_where(progress))

        yield show


def _also_traced(show: Callable[[Progress], None], trace: Trace) -> Callable[[Progress], None]:
    """What is safe on disk, and what went wrong, is told to `trace` as well."""
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
