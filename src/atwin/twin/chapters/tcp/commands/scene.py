"""The way to the network, what is saved of its settings, and transparent mode.

See docs/spec/network.md §5.
"""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.results import LinkStatus, ShutOk
from atwin.at.dialect.urcs import SceneState
from atwin.at.kinds import OneOf, Range, Text
from atwin.at.reply import AtError, CmeError, Reply
from atwin.twin.chapters.tcp.link import PACKET
from atwin.twin.chapters.tcp.scene import ClientState, Event, IpState
from atwin.twin.chapters.tcp.service import NUMBERS, Sockets
from atwin.twin.chapters.tcp.settings import RECORD, TcpSettings
from atwin.twin.engine.run import Commands, Run


class SceneCommands(Commands):
    """The scene every link needs: CSTT, CIICR, CIFSR, in this order (docs/spec/network.md §5).

    States: IP INITIAL, IP START, IP CONFIG, IP GPRSACT, IP STATUS; then a single link's own, or
    IP PROCESSING with several. PDP DEACT, after the network took the PDP away, lasts until CIPSHUT.
    """

    title = "TCP/UDP scene"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)

    @command.set("+CIPMUX", test=True)
    def set_mux(self, several: Annotated[int, OneOf(0, 1)]) -> None:
        """One link (0) or up to six (1); only in IP INITIAL."""
        self._sockets.scene.require_unused()
        if several and self._sockets.settings.mode:
            raise CmeError(Cme.NOT_ALLOWED)
        self._sockets.settings.mux = several

    @command.read("+CIPMUX")
    def mux(self) -> str:
        """The current value."""
        return self._sockets.settings.line("+CIPMUX")

    @command.set("+CSTT", bare=True, test=True)
    def start(
        self,
        apn: Annotated[str, Text("APN", 128)] = "",
        user: Annotated[str, Text("USER", 32)] = "",
        password: Annotated[str, Text("PWD", 32)] = "",
    ) -> None:
        """Begin a scene; only in IP INITIAL. An empty APN leaves the choice to the network."""
        self._sockets.scene.move(Event.CSTT)
        settings = self._sockets.settings
        settings.apn, settings.user, settings.password = apn, user, password

    @command.read("+CSTT")
    def started(self) -> str:
        """APN, user, password."""
        return self._sockets.settings.line("+CSTT")

    @command.set("+CIPCSGP")
    def set_context(
        self,
        mode: Annotated[int, OneOf(1, 2)],
        apn: Annotated[str, Text("APN", 128)] = "",
        user: Annotated[str, Text("USER", 32)] = "",
        password: Annotated[str, Text("PWD", 32)] = "",
    ) -> None:
        """The same values as CSTT's, without beginning a scene; 1 is packet data."""
        settings = self._sockets.settings
        settings.context = mode
        settings.apn, settings.user, settings.password = apn, user, password

    @command.read("+CIPCSGP")
    def context(self) -> str:
        """Mode, APN, user, password."""
        settings = self._sockets.settings
        values = (settings.apn, settings.user, settings.password)
        return f"+CIPCSGP: {settings.context}" + "".join(f', "{value}"' for value in values)

    @command.test("+CIPCSGP")
    def context_range(self) -> Reply:
        """What AT+CIPCSGP takes, as the manual has it."""
        return Reply(
            (
                "+CIPCSGP: 0-CSD,DIAL NUMBER,USER NAME,PASSWORD,RATE(0-3)",
                "+CIPCSGP: 1-GPRS,APN,USER NAME,PASSWORD",
            )
        )

    @command.execute("+CIICR")
    async def raise_scene(self) -> None:
        """Bring the scene up; only in IP START, up to 90 s."""
        await self._sockets.scene.bring_up()

    @command.execute("+CIFSR")
    def address(self) -> Reply:
        """The module's address, alone: no OK follows."""
        scene = self._sockets.scene
        if (address := scene.address) is None:
            raise AtError
        if scene.state is IpState.GPRSACT:
            scene.move(Event.CIFSR)
        return Reply((address,), final=None)

    @command.execute("+CIPSHUT", last=True)
    def shut(self) -> Reply:
        """Close every link and end the scene; answered `SHUT OK`, from any state."""
        self._sockets.shut()
        return Reply(final=str(ShutOk()))

    @command.execute("+CIPSTATUS", last=True)
    def status(self) -> Reply:
        """`OK`, then the state; with several links also number, bearer, kind, peer and state."""
        sockets = self._sockets
        state = str(SceneState(sockets.scene.state.value))
        if not sockets.multi:
            return Reply(trailer=(state,))
        links = (LinkStatus(number, self._client(number)) for number in NUMBERS)
        return Reply(trailer=(state, *map(str, links)))

    @command.set("+CIPSTATUS")
    def status_of(self, number: Annotated[int, OneOf(*NUMBERS)]) -> str:
        """One of several links: number, bearer, kind, peer and state."""
        if not self._sockets.multi:
            raise CmeError(Cme.NOT_ALLOWED)
        return f"+CIPSTATUS: {number},{self._client(number)}"

    def _client(self, number: int) -> str:
        link = self._sockets.links.get(number)
        if link is None:
            return f',"","","","{ClientState.INITIAL.value}"'
        return f'0,"{link.kind}","{link.address}","{link.port}","{link.state.value}"'

    @command.execute("+CIPSCONT")
    def save(self) -> None:
        """Save the settings of the CIP commands and CSTT's for the next starts."""
        self._sockets.settings.save(self._sockets.run.hardware.nvram)

    @command.read("+CIPSCONT")
    def saved(self) -> Reply:
        """Mode 0 and the saved settings, or mode 1 and the current ones when none are saved."""
        nvram = self._sockets.run.hardware.nvram
        if nvram.has(RECORD):
            return Reply(("+CIPSCONT: 0", *TcpSettings.boot(nvram).saved()))
        return Reply(("+CIPSCONT: 1", *self._sockets.settings.saved()))


class TransparentCommands(Commands):
    """The line as the link: every byte typed is sent, every byte received is written.

    `+++` goes back to commands, with a second of silence before, half a second at most between
    two of them, half a second of silence after them, and no CR. The link stays; what it receives
    meanwhile waits for ATO (docs/spec/network.md §5).
    """

    title = "Transparent mode"

    def __init__(self, run: Run) -> None:
        self._sockets = run.find(Sockets)

    @command.set("+CIPMODE", test=True)
    def set_mode(self, transparent: Annotated[int, OneOf(0, 1)]) -> None:
        """Packets (0) or transparent (1); only in IP INITIAL, and with a single link."""
        self._sockets.scene.require_unused()
        if transparent and self._sockets.multi:
            raise CmeError(Cme.NOT_ALLOWED)
        self._sockets.settings.mode = transparent

    @command.read("+CIPMODE")
    def mode(self) -> str:
        """The current value."""
        return self._sockets.settings.line("+CIPMODE")

    @command.set("+CIPCCFG")
    def set_packets(
        self,
        retries: Annotated[int, Range(3, 8)],
        wait: Annotated[int, Range(2, 10)],
        packet: Annotated[int, Range(1, PACKET)],
        escapes: Annotated[int, OneOf(0, 1)],
        pieces: Annotated[int | None, OneOf(0, 1)] = None,
        piece: Annotated[int | None, Range(50, PACKET)] = None,
        piece_time: Annotated[int | None, Range(20, 1000)] = None,
        drops_unsent: Annotated[int | None, OneOf(0, 1)] = None,
    ) -> None:
        """How what is typed becomes packets; only with a single link, and after AT+CIPMODE=1.

        A packet goes out after <wait> tenths of a second without more (2-10), or with <packet>
        bytes (1-1460). The last value: what was not sent when a link ended is sent on the next
        one (0), or dropped (1). The other values are kept and have no effect.
        """
        settings = self._sockets.settings
        if not settings.mode:
            raise CmeError(Cme.NOT_ALLOWED)
        wanted = {
            "retries": retries,
            "wait": wait,
            "packet": packet,
            "escapes": escapes,
            "pieces": pieces,
            "piece": piece,
            "piece_time": piece_time,
            "drops_unsent": drops_unsent,
        }
        for name, value in wanted.items():
            if value is not None:
                setattr(settings, name, value)

    @command.read("+CIPCCFG")
    def packets(self) -> str:
        """The current values."""
        return self._sockets.settings.line("+CIPCCFG")

    @command.test("+CIPCCFG")
    def packets_range(self) -> str:
        """What AT+CIPCCFG takes, as the manual has it."""
        return (
            "+CIPCCFG: (NmRetry:3-8),(WaitTm:2-10),(SendSz:1-1460),(esc:0,1),(Rxmode:0,1),"
            "(RxSize:50-1460),(Rxtimer:20-1000),(BufClean:0,1)"
        )

    @command.basic("O")
    def online(self, number: Annotated[int, OneOf(0)] = 0) -> Reply:
        """Back into transparent mode after `CONNECT`; `NO CARRIER` when there is no link."""
        return self._sockets.online()
