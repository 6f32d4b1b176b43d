"""USB: the network card on it, its route and its ids (docs/spec/general.md §2).

The twin has no USB: all of this is kept and read back.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.kinds import BadArgument, OneOf, Text
from atwin.at.reply import Reply
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram

_RECORD = "usb"
_ROUTE = re.compile(r"192\.168\.([0-9]{1,3})\.2")
_ID = re.compile(r"0[xX]([0-9A-Fa-f]{1,4})")
_BYTE, _WORD = range(256), range(1 << 16)


class UsbCommands(Commands):
    """The network card and the ids of USB; all are kept by themselves (docs/spec/general.md §2)."""

    title = "USB"
    effect = False

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._usb = _Usb.boot(run.hardware.nvram)

    @command.set("+RNDISCALL", needs="rndis")
    def set_network_card(self, on: Annotated[int, OneOf(0, 1)]) -> None:
        """The network card on USB: 0 off, 1 on, from the next start on."""
        self._change(rndis=on)

    @command.read("+RNDISCALL", needs="rndis")
    def network_card(self) -> str:
        """Whether it is on."""
        return f"+RNDISCALL:{self._usb.rndis}"

    @command.test("+RNDISCALL", needs="rndis")
    def network_cards(self) -> str:
        """What AT+RNDISCALL takes."""
        return "+RNDISCALL:(0-disable;1-enable)"

    @command.set("+ROUTEIP")
    def set_route(self, address: Annotated[str, Text("address")]) -> None:
        """The address of the computer on USB: 192.168.<0-255>.2."""
        match = _ROUTE.fullmatch(address)
        if match is None or int(match[1]) not in _BYTE:
            raise BadArgument(address)
        self._change(net=int(match[1]))

    @command.read("+ROUTEIP")
    def route(self) -> str:
        """The address of the computer on USB."""
        return f"192.168.{self._usb.net}.2"

    @command.set("+SETUSB")
    def set_ids(
        self,
        mode: Annotated[int, OneOf(1, 2)],
        vid: Annotated[str | None, Text("vid")] = None,
        pid: Annotated[str | None, Text("pid")] = None,
    ) -> None:
        """The mode of USB, and its ids in hexadecimal, as 0x19d1."""
        ids = {name: _id(text) for name, text in (("vid", vid), ("pid", pid)) if text is not None}
        self._change(mode=mode, **ids)

    @command.read("+SETUSB")
    def ids(self) -> Reply:
        """The mode of USB, and its ids."""
        usb = self._usb
        return Reply((f"mode: {usb.mode}", f"vid: {usb.vid:#x}", f"pid: {usb.pid:#x}"))

    def _change(self, **values: int) -> None:
        for name, value in values.items():
            setattr(self._usb, name, value)
        self.run.hardware.nvram.store(_RECORD, asdict(self._usb))


def _id(text: str) -> int:
    match = _ID.fullmatch(text)
    if match is None:
        raise BadArgument(text)
    return int(match[1], 16)


@dataclass(slots=True)
class _Usb:
    """What NVRAM holds."""

    rndis: int = 1
    net: int = 10
    mode: int = 1
    vid: int = 0x19D1
    pid: int = 0x1

    @classmethod
    def boot(cls, nvram: Nvram) -> _Usb:
        allowed = {"rndis": range(2), "net": _BYTE, "mode": range(1, 3), "vid": _WORD, "pid": _WORD}
        return nvram.restore(_RECORD, cls(), allowed)
