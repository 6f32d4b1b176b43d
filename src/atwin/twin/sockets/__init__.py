"""TCP and UDP links behind the CIP… commands (spec: network.md §5)."""

from atwin.twin.sockets.link_commands import LinkCommands
from atwin.twin.sockets.name_commands import NameCommands
from atwin.twin.sockets.ping_commands import PingCommands
from atwin.twin.sockets.receive_commands import ReceiveCommands
from atwin.twin.sockets.scene_commands import SceneCommands
from atwin.twin.sockets.send_commands import SendCommands
from atwin.twin.sockets.service import Sockets
from atwin.twin.sockets.transparent_commands import TransparentCommands

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
