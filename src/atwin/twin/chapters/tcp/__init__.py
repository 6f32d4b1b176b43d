"""TCP and UDP links: the CIP… commands (docs/spec/network.md §5)."""

from atwin.twin.chapters.tcp.commands.heartbeat import HeartbeatCommands
from atwin.twin.chapters.tcp.commands.links import LinkCommands
from atwin.twin.chapters.tcp.commands.names import NameCommands
from atwin.twin.chapters.tcp.commands.ping import PingCommands
from atwin.twin.chapters.tcp.commands.receive import ReceiveCommands
from atwin.twin.chapters.tcp.commands.scene import SceneCommands, TransparentCommands
from atwin.twin.chapters.tcp.commands.send import SendCommands
from atwin.twin.chapters.tcp.service import Sockets
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter(
    (
        SceneCommands,
        LinkCommands,
        SendCommands,
        ReceiveCommands,
        TransparentCommands,
        HeartbeatCommands,
        NameCommands,
        PingCommands,
    ),
    Sockets,
)
