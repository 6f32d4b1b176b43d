"""The command line: each command is a file or folder in `commands`."""


def main() -> None:
    """Entry point of the `atwin` program; ends the process with the exit code."""
    _collect_later()
    _end(program())


def _collect_later() -> None:
    """Let the first objects be made before garbage is looked for: they are the program itself.

    A download makes 70,000. From the first look on it is as usual.
    """
    import gc

    usual = gc.get_threshold()

    def as_usual(phase: str, told: dict[str, int]) -> None:
        gc.callbacks.remove(as_usual)
        gc.set_threshold(*usual)

    gc.callbacks.append(as_usual)
    gc.set_threshold(100_000)


def program() -> int:
    """Run the command line of this process; the exit code. All of the output is written."""
    import os
    import signal
    import sys
    from io import TextIOWrapper

    # So early nobody can say it, and what is being imported might take it for an error of its own.
    heeds = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeds:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    from atwin.cli.app import COMPLETE, complete, run
    from atwin.cli.ending import DONE, INTERRUPTED, USAGE

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        # What a terminal's encoding does not have is not a reason to fail, as on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    asked = os.environ.get(COMPLETE)
    try:
        if heeds:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run(sys.argv[1:]) if asked is None else complete(asked)
        if not _written_out(tell=code == DONE) and code == DONE:
            code = USAGE
    except KeyboardInterrupt:  # as it began or ended
        code = INTERRUPTED
    if heeds:
        # All is done, and the interpreter would complain of an interrupt as it ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def _end(code: int) -> None:
    """End this process, as the interpreter does but for one thing: it takes no object apart.

    That costs 40 ms after a download. Threads that are to end by themselves are waited for, and
    who profiles or traces the program goes on after it.
    """
    import atexit
    import os
    import sys

    threads = sys.modules.get("threading")
    alone = threads is None or all(
        thread.daemon or thread is threads.main_thread() for thread in threads.enumerate()
    )
    if alone and sys.getprofile() is None and sys.gettrace() is None:
        atexit._run_exitfuncs()
        _written_out(tell=False)  # what those have printed
        os._exit(code)
    sys.exit(code)


def _written_out(*, tell: bool) -> bool:
    """Whether all of the output is where it should be; what is not is given up.

    `tell` says so, where nothing else went wrong that was told.
    Else the interpreter would try again as it ends, and complain in its own way.
    """
    import os
    import sys
    from contextlib import suppress

    from atwin.cli.ending import judged
    from atwin.cli.says import say

    done = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            if tell and done and isinstance(error, OSError):
                say(judged(error)[0])
            done = False
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
    return done
