"""New firmware: over the air, and over the serial line (docs/spec/general.md §2, §3)."""

from __future__ import annotations

from atwin.twin.chapters.upgrade.commands import UpgradeCommands
from atwin.twin.chapters.upgrade.line import LineUpgradeCommands
from atwin.twin.chapters.upgrade.service import Upgrades
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((UpgradeCommands, LineUpgradeCommands), Upgrades)
