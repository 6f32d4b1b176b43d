"""The SIM: the card with its PIN, and the slots it may be in."""

from atwin.twin.chapters.sim.card import SimCommands
from atwin.twin.chapters.sim.slots import SlotCommands, SlotNotes
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((SimCommands, SlotCommands, SlotNotes))
