"""What there is to see of a twin now. Reading it is cheap, changes nothing and never raises.

It makes no service of the firmware that is not there; a module that is off or hangs has a state as
well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.control.faults import faults
from atwin.control.settable import PINS, surroundings
from atwin.text import masked_url
from atwin.twin.chapters.answered.calls import Calls

if TYPE_CHECKING:
    from atwin.twin.twin import Twin

#: Actions shown one by one.
_LAST_ACTIONS = 20


def state(twin: Twin) -> dict[str, Any]:
    """All of docs/control.md's "The state", fit for JSON."""
    hardware = twin.module.hardware
    return {
        "model": hardware.profile.key,
        "on": twin.pins.vdd_ext,
        "hung": twin.module.hung,
        "asleep": twin.asleep,
        "start_cause": int(hardware.start_cause),
        "pins": {name: int(getattr(twin.pins, name)) for name in (*PINS, "ri")},
        "line": _line(twin),
        "counters": _counters(twin),
        # AT+IOSET, and what can be set.
        "ioset": hardware.gpio.voltage,
        "cell": hardware.cell.shown(),
        "surroundings": surroundings(twin),
        "call": _call(twin),
        "sim": {
            "in": hardware.sim.present,
            "asks_pin": hardware.sim.asks,
            "tries": hardware.sim.tries_left,
            "puk_tries": hardware.sim.puk_tries_left,
            "private": hardware.sim.card.apn is not None,
        },
        "faults": faults(twin),
        "names": {} if hardware.hosts is None else dict(hardware.hosts),
        "offline": int(hardware.hosts is not None and hardware.hosts.offline),
        "answers": twin.answers.state if twin.has_answers else [],
    }


def _line(twin: Twin) -> dict[str, Any]:
    uart = twin.module.hardware.uart
    host = uart.host_settings
    return {
        "rate": uart.rate,
        "host_rate": host.rate if uart.rate else None,
        # None: nobody has said.
        "rts": None if host.rts is None else int(host.rts),
        "dtr": None if host.dtr is None else int(host.dtr),
        "cts": int(uart.cts),
        "flow": [int(uart.mode.to_host), int(uart.mode.to_module)],
    }


def _counters(twin: Twin) -> dict[str, int]:
    uart = twin.module.hardware.uart
    return {
        "to_host": uart.sent_bytes,
        "to_host_lost": uart.host_lost_bytes,
        "to_module": uart.received_bytes,
        "to_module_lost": uart.lost_bytes,
    }


def _call(twin: Twin) -> dict[str, Any] | None:
    """The call that has come in, if one has."""
    firmware = twin.module.firmware
    calls = None if firmware is None else firmware.found(Calls)
    if calls is None or calls.number is None:
        return None
    return {"number": calls.number, "answered": calls.answered}


def traffic(twin: Twin) -> dict[str, Any]:
    """IP bytes since the twin was made, since the boot, of the HTTP session, the last actions."""
    traffic = twin.traffic
    session = traffic.session
    return {
        "whole": traffic.whole.count.as_dict(),
        "boot": traffic.boot.count.as_dict(),
        "session": session.count.as_dict() if session is not None else None,
        "actions": [
            {
                "name": action.name,
                "url": masked_url(action.url),
                "settled": action.account.settled,
                **action.account.count.as_dict(),
            }
            for action in list(traffic.actions)[-_LAST_ACTIONS:]
        ],
    }
