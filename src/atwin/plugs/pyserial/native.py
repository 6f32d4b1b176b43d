"""`serial.Serial("twin://…")`: for programs that make pyserial's own class, or derive from it."""

from __future__ import annotations

from functools import cache
from typing import Any

import serial

from atwin.plugs.pyserial.port import TwinPort, names_no_rate

_SCHEME = "twin://"


def teach() -> None:
    """Let `serial.Serial`, and what derives from it, open `twin://` too.

    Only making and opening a port pass here; all else of other ports is as it was.
    """
    native = serial.Serial
    make, open_device = native.__init__, native.open

    def init(self: Any, *args: Any, **settings: Any) -> None:
        self._names_no_rate = names_no_rate(*args, **settings)
        make(self, *args, **settings)

    def open_any(self: Any) -> None:
        if not self.is_open and str(self._port).lower().startswith(_SCHEME):
            plain: Any = type(self)
            self.__class__ = _with_module(plain)
            try:
                TwinPort.open(self)
            finally:
                if not self.is_open:
                    self.__class__ = self.plain
        else:
            open_device(self)

    native.__init__, native.open = init, open_any


@cache
def _with_module(plain: Any) -> Any:
    """`plain` while it is open: what `TwinPort` does comes before what `serial.Serial` does."""

    def mro(made: type) -> list[type]:
        order = [place for place in type.mro(made) if place is not TwinPort]
        order.insert(order.index(serial.Serial), TwinPort)
        return order

    def close(self: Any) -> None:
        super(made, self).close()
        self.__class__ = plain

    kind = type("Made", (type(plain),), {"mro": mro})
    place = {"__module__": plain.__module__, "plain": plain, "close": close}
    made: Any = kind(plain.__name__, (plain, TwinPort), place)
    return made
