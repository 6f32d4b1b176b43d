"""The host's end of RFC 2217 by serialx, which a server can neither break nor fill.

serialx raises where a server sends a suboption that is too short, or a value without a name:
asyncio then reports a defect and drops the connection. Here such a suboption is passed over.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from serialx.platforms.serial_rfc2217 import RFC2217SerialTransport, TelnetParser

if TYPE_CHECKING:
    from serialx.platforms.serial_rfc2217.types import Rfc2217Command, TelnetCommand

log = logging.getLogger("atwin.line")

#: Bytes of a suboption that are kept; those of RFC 2217 have six, a signature some more.
_LONGEST_OPTION = 1024


class LenientParser(TelnetParser):
    """serialx's, for what servers really send."""

    def feed(self, data: bytes) -> list[bytes | TelnetCommand | Rfc2217Command]:
        """As there; an option that never ends takes no more memory than one piece of it."""
        items = super().feed(data)
        del self._subneg_buffer[_LONGEST_OPTION:]
        return items

    def _finish_subneg(self) -> Rfc2217Command | None:
        try:
            return super()._finish_subneg()
        except (ValueError, IndexError) as error:
            log.info("malformed Telnet option: %r", error)
            return None


class Rfc2217Transport(RFC2217SerialTransport):
    """serialx's, with that parser."""

    def _data_received(self, data: bytes) -> None:
        assert self._serial is not None
        engine = self._serial._engine
        if not isinstance(engine._parser, LenientParser):
            engine._parser = LenientParser()
        super()._data_received(data)
        if engine.negotiated:
            engine._pending_telnet.clear()  # nobody asks for any of it again
