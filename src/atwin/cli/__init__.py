"""The command line: `atwin models|twin|get|post|head|console`."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `atwin` program; ends the process with the exit code."""
    import sys

    from atwin.cli.app import run

    sys.exit(run(sys.argv[1:]))
