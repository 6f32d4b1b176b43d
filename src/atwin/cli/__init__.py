"""The command line: `atwin models|twin|get|post|head|console`."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `atwin` program; ends the process with the exit code."""
    import os
    import sys
    from io import TextIOWrapper

    try:
        from atwin.cli.app import run
    except KeyboardInterrupt:  # so early that nobody else can say it
        sys.exit(130)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        # What a terminal's encoding does not have is no reason to fail, as on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
