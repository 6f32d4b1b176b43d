"""Starts programs of others on every model, and prints the table of docs/howto/by-hand.md.

    python -m tests.prove.programs [NAME...] [--dialogue]

What is not installed is named and left out: `make programs` installs all. Exit code 1 when one
did not start.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from atwin.models import MODELS
from prove.programs.run import start_on
from prove.programs.table import OTHERS, PYTHON


def main() -> int:
    """One row a program."""
    parser = argparse.ArgumentParser(description="Programs of others on every model.")
    parser.add_argument("names", nargs="*", help="only those whose name begins so")
    parser.add_argument("--dialogue", action="store_true", help="print what each sent")
    parser.add_argument("--model", action="append", help="only on this one")
    asked = parser.parse_args()
    failed = False
    print("| program | installed by | version | models |\n|---|---|---|---|")
    for program in (*PYTHON, *OTHERS):
        if asked.names and not program.name.startswith(tuple(asked.names)):
            continue
        if (version := program.installed) is None:
            print(f"| {program.name} | `{program.install}` | not here | |", flush=True)
            continue
        started = {model: start_on(program, model) for model in asked.model or MODELS}
        good = [model for model, result in started.items() if not result.why]
        failed |= len(good) < len(started)
        models = "all" if len(good) == len(MODELS) else ", ".join(good)
        print(f"| {program.name} | `{program.install}` | {version} | {models} |", flush=True)
        for model, result in started.items():
            if result.why:
                print(f"  {model}: {result.why}", file=sys.stderr)
            if asked.dialogue:
                for command, answer in result.dialogue:
                    print(f"  {model} {command} => {answer}", file=sys.stderr)
            elif result.refused:
                print(f"  {model} refused: {', '.join(result.refused)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
