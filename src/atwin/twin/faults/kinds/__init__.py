"""Every kind of fault: a class with a `KIND` in one of these files."""

from __future__ import annotations

from atwin.twin.faults.fault import Fault
from atwin.twin.faults.kinds import crashes, network, radio, serial_line

#: Every kind by its name in plans.
KINDS: dict[str, type[Fault]] = {
    kind.KIND: kind
    for file in (radio, network, crashes, serial_line)
    for kind in vars(file).values()
    if isinstance(kind, type) and issubclass(kind, Fault) and kind.KIND
}
