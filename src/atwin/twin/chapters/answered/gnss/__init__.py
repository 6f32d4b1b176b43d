"""The position by satellites: a small model of a receiver (docs/spec/stubs.md §3)."""

from atwin.twin.chapters.answered.gnss.commands import GnssCommands
from atwin.twin.chapters.answered.gnss.receiver import Satellites
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((GnssCommands,), Satellites)
