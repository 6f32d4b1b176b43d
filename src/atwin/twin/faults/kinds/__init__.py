"""Every kind of fault: a class in one of these files, and its row in this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.twin.faults.kinds.network import (
    ConnectRefused,
    DnsFailure,
    Drip,
    ResetConnection,
    SlowLink,
    Stall,
    Truncate,
)
from atwin.twin.faults.kinds.power import BrownOut, Hang, Restart
from atwin.twin.faults.kinds.radio import (
    PdpLoss,
    PdpRefused,
    PoolFull,
    RadioGone,
    SimPulled,
    WeakSignal,
)
from atwin.twin.faults.kinds.serial_line import (
    LostBytes,
    NoHttpExPostUrc,
    ShortLineLimit,
    UrcInterleave,
)

if TYPE_CHECKING:
    from atwin.twin.faults.fault import Fault

#: Every kind by its name in plans.
KINDS: dict[str, type[Fault]] = {
    kind.KIND: kind
    for kind in (
        PdpLoss,
        PdpRefused,
        RadioGone,
        SimPulled,
        WeakSignal,
        PoolFull,
        DnsFailure,
        ConnectRefused,
        Stall,
        ResetConnection,
        Truncate,
        Drip,
        SlowLink,
        Hang,
        Restart,
        BrownOut,
        LostBytes,
        UrcInterleave,
        NoHttpExPostUrc,
        ShortLineLimit,
    )
}
