"""The mobile network: registration, attach, operators, signal."""

from atwin.twin.chapters.network.commands import NetworkCommands
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((NetworkCommands,), Radio)
