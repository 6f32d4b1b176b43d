"""What the package says of itself that depends on its public address, for hatchling.

The address is in pyproject.toml, under [tool.hatch.metadata.hooks.custom], and nowhere else. On a
forge the links of README.md are relative; where the package is shown nothing is beside it, so they
lead to the tagged version there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: A fenced block, which stays as it is; or where a picture or a link leads.
_TARGET = re.compile(
    r"(?P<fenced>^```.*?^```$)"
    r"|(?P<picture>!\[[^][]*\]\(|\b(?:src|srcset)=\")(?P<shown>[^\s)\"]+)"
    r"|(?P<link>\]\(|\bhref=\")(?P<target>[^\s)\"]+)",
    re.MULTILINE | re.DOTALL,
)
_ABSOLUTE = re.compile(r"[a-z][a-z+.-]*:", re.IGNORECASE)


class AddressHook(MetadataHookInterface):
    """Adds `urls` and `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """See `MetadataHookInterface`."""
        address, tag = self.config["address"], f"v{metadata['version']}"
        metadata["urls"] = {
            "Homepage": address,
            "Documentation": f"{address}/tree/{tag}/docs",
            "Source": f"{address}/tree/{tag}",
            "Changelog": f"{address}/blob/{tag}/CHANGELOG.md",
            "Issues": f"{address}/issues",
        }
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": absolute(text, f"{address}/blob/{tag}", f"{address}/raw/{tag}"),
        }


def absolute(text: str, pages: str, files: str) -> str:
    """`text` of README.md with no relative link: to pages under `pages`, to pictures `files`."""

    def led(base: str, before: str, target: str) -> str:
        if _ABSOLUTE.match(target):
            return before + target
        path = f"README.md{target}" if target.startswith("#") else target.removeprefix("./")
        return f"{before}{base}/{path}"

    def replaced(match: re.Match[str]) -> str:
        if match["picture"]:
            return led(files, match["picture"], match["shown"])
        return match["fenced"] or led(pages, match["link"], match["target"])

    return _TARGET.sub(replaced, text)
