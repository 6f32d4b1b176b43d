"""`python -m atwin.plugs PROGRAM ARGUMENTS`: run a Python program that may open `twin://`."""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

from atwin.text import shown

_USAGE = """\
usage: python -m atwin.plugs PROGRAM [ARGUMENTS]
       python -m atwin.plugs -m MODULE [ARGUMENTS]

Run a Python program, or a module as `python -m` would, that opens its serial port with pyserial,
a package on top of it, or serialx: it may open twin://MODEL?name=value&… (see `atwin get --help`),
each a virtual module of its own.

Examples:
  python -m atwin.plugs gateway.py --port twin://air780e-at
  python -m atwin.plugs -m serial.tools.miniterm twin://air724ug 115200"""


def main() -> None:
    """Run the program as `python PROGRAM ARGUMENTS` would; exit code 2 if there is none."""
    match sys.argv[1:]:
        case ["-h" | "--help", *_]:
            print(_USAGE)
        case ["-m", module, *_]:
            _run_module(module)
        case [program, *_] if not program.startswith("-"):
            _run_program(program)
        case _:
            print(_USAGE, file=sys.stderr)
            sys.exit(2)


def _run_program(program: str) -> None:
    if not Path(program).exists():
        _refuse(f"{program}: no such program")
    del sys.argv[0]
    # The program's own directory is where it finds the modules beside it.
    sys.path[0] = str(Path(program).resolve().parent)
    runpy.run_path(program, run_name="__main__")


def _run_module(module: str) -> None:
    try:
        found = find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is None:
        _refuse(f"there is no module {module}")
    del sys.argv[:2]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _refuse(why: str) -> None:
    print(f"atwin.plugs: {shown(why)}; see python -m atwin.plugs --help", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
