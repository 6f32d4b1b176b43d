"""The mobile network: registration, attach, operators, signal, cells, time."""

from atwin.twin.chapters.network.answered import AnsweredNetworkCommands
from atwin.twin.chapters.network.cells import CellCommands
from atwin.twin.chapters.network.commands import NetworkCommands
from atwin.twin.chapters.network.nitz import NetworkTimeCommands
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.network.registration import RegistrationCommands
from atwin.twin.chapters.network.signal import SignalCommands
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter(
    (
        NetworkCommands,
        RegistrationCommands,
        SignalCommands,
        CellCommands,
        NetworkTimeCommands,
        AnsweredNetworkCommands,
    ),
    Radio,
)
