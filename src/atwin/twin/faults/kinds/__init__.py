"""Every kind of fault: a class in one of these files, and its row in this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.twin.faults.kinds import crashes, network, radio, serial_line

if TYPE_CHECKING:
    from atwin.twin.faults.fault import Fault

#: Every kind by its name in plans.
KINDS: dict[str, type[Fault]] = {
    kind.KIND: kind
    for kind in (
        radio.PdpLoss,
        radio.PdpRefused,
        radio.RadioGone,
        radio.SimPulled,
        radio.WeakSignal,
        radio.PoolFull,
        network.DnsFailure,
        network.ConnectRefused,
        network.Stall,
        network.ResetConnection,
        network.Truncate,
        network.Drip,
        network.SlowLink,
        crashes.Hang,
        crashes.Restart,
        crashes.BrownOut,
        serial_line.LostBytes,
        serial_line.UrcInterleave,
        serial_line.NoHttpExPostUrc,
        serial_line.ShortLineLimit,
    )
}
