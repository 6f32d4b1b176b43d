"""The command line: `atwin models|twin|get|post|head|console`."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `atwin` program; ends the process with the exit code."""
    import sys
    from io import TextIOWrapper

    from atwin.cli.app import run

    if isinstance(sys.stdout, TextIOWrapper):
        # What a terminal's encoding does not have is no reason to fail, as on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
