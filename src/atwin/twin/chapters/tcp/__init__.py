"""TCP and UDP links behind the CIP… commands (spec: network.md §5)."""

from atwin.twin.chapters.tcp.commands.links import LinkCommands
from atwin.twin.chapters.tcp.commands.names import NameCommands
from atwin.twin.chapters.tcp.commands.ping import PingCommands
from atwin.twin.chapters.tcp.commands.receive import ReceiveCommands
from atwin.twin.chapters.tcp.commands.scene import SceneCommands
from atwin.twin.chapters.tcp.commands.send import SendCommands
from atwin.twin.chapters.tcp.commands.transparent import TransparentCommands
from atwin.twin.chapters.tcp.service import Sockets

__all__ = [
    "LinkCommands",
    "NameCommands",
    "PingCommands",
    "ReceiveCommands",
    "SceneCommands",
    "SendCommands",
    "Sockets",
    "TransparentCommands",
]
