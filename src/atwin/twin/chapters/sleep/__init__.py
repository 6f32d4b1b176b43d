"""Sleep and wake-up, and the pin that signals events (docs/spec/general.md §1)."""

from atwin.twin.chapters.sleep.commands import LightCommands, RingCommands, SleepCommands
from atwin.twin.chapters.sleep.service import SleepService
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((SleepCommands, RingCommands, LightCommands), SleepService)
