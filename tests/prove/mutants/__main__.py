"""`python -m tests.prove.mutants`: all of them, or those that are named, and a table."""

from __future__ import annotations

import argparse
import random
import sys

from prove.mutants.hunt import hunt
from prove.mutants.table import BY_NAME


def main() -> int:
    """1 when one was not found, or not by its seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BY_NAME))
    parser.add_argument("--base", type=int, metavar="N", help="the first seed of each proof")
    parser.add_argument("--list", action="store_true", help="the faults")
    options = parser.parse_args()
    if unknown := set(options.names) - BY_NAME.keys():
        parser.error(f"no mutant is called {', '.join(sorted(unknown))}")
    if options.list:
        for mutant in BY_NAME.values():
            print(f"{mutant.name:22} {mutant.file:36} {mutant.what}")
        return 0
    base = random.SystemRandom().randrange(10**6, 10**9) if options.base is None else options.base
    print(f"base {base}")
    print(f"{'mutant':22} {'found by':14} {'seed':>10} {'seconds':>7}")
    lost = 0
    for name in options.names or BY_NAME:
        found = hunt(BY_NAME[name], base)
        seed = found.seed if found.proof else ""
        print(
            f"{name:22} {found.proof:14} {seed:>10} {found.seconds:7.0f} {found.lost}", flush=True
        )
        lost += bool(found.lost)
    print(f"{len(options.names or BY_NAME)} mutants, {lost} lost")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
