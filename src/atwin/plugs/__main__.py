"""`python -m atwin.plugs PROGRAM ARGUMENTS`: run a Python program that may open `twin://`."""

import runpy
import sys


def main() -> None:
    """Run the program as `python PROGRAM ARGUMENTS` would."""
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m atwin.plugs PROGRAM [ARGUMENTS]")
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
