"""A process that makes tries of one proof: seeds come in on stdin, verdicts go out on stdout.

    python -m prove.running.worker NAME

Whatever a try itself prints goes to stderr.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys

from prove.frame import load, tried

#: By so much more than its time a try ends itself where no Python runs any more.
_DEAF = 1.2


def main() -> int:
    """An empty line, then one line a try; ends with stdin."""
    with os.fdopen(os.dup(0)) as seeds, os.fdopen(os.dup(1), "w") as verdicts:
        # No try, and no process it starts, is to take a seed or to give a verdict by itself.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        faulthandler.enable()
        proof = load(sys.argv[1])
        print(file=verdicts, flush=True)  # it is ready
        for line in iter(seeds.readline, ""):
            faulthandler.dump_traceback_later(proof.real * _DEAF, exit=True)
            verdict = tried(proof, int(line))
            faulthandler.cancel_dump_traceback_later()
            verdicts.write(json.dumps(verdict.row()) + "\n")
            verdicts.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
