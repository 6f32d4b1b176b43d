"""`python -m tests.docs.site`: the site of docs, in `site`; 1 where something is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.site.building import BuildError, build
from docs.site.staging import ROOT

if __name__ == "__main__":
    try:
        sys.exit("\n".join(build(ROOT / ".site", ROOT / "site")) or 0)
    except BuildError as error:
        sys.exit(str(error))
