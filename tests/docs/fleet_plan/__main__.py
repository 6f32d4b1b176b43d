"""`python -m tests.docs.fleet_plan docs/reference`: both pages of PLAN.toml, and its schema."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.fleet_plan.page import chinese_page, page, schema

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "fleet-plan.md").write_text(page(), "utf-8")
    (folder / "fleet-plan.zh.md").write_text(chinese_page(), "utf-8")
    (folder / "fleet-plan.schema.json").write_text(schema(), "utf-8")
