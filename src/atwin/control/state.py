"""What there is to see of a twin now. Reading it is cheap, changes nothing and never raises.

It makes no service of the firmware that is not there; a module that is off or hangs has a state as
well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.control.faults import faults
from atwin.control.settable import PINS, surroundings
from atwin.line.frame import Flow
from atwin.text import masked_url
from atwin.twin.chapters.answered.calls import Calls
from atwin.twin.chapters.bearer import CIDS, CLOSED, CONNECTED, CONNECTING, Bearers
from atwin.twin.chapters.http.service import HttpService
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.pool import LIMIT

if TYPE_CHECKING:
    from atwin.net.meter.account import Account
    from atwin.twin.engine.pool import Slot
    from atwin.twin.firmware import Firmware
    from atwin.twin.twin import Twin

#: What changes by itself as time goes by: no news for whoever waits for some.
GOES_BY = ("time", "boot_seconds")
#: Times of a profile that say how long a pin must be held.
_HOLDS = ("reset_off", "reset_start", "key_start", "key_stop")
#: Actions shown one by one.
_LAST_ACTIONS = 20
_BEARER = {CONNECTING: "connecting", CONNECTED: "open", CLOSED: "closed"}
#: Kinds of bytes that are listed one by one.
_KINDS = ("payload", "http", "tls", "headers")


def state(twin: Twin) -> dict[str, Any]:
    """All of docs/reference/control.md's "The state", fit for JSON."""
    hardware, firmware = twin.module.hardware, twin.module.firmware
    trace, traffic = hardware.trace, twin.traffic
    radio = None if firmware is None else firmware.found(Radio)
    return {
        "time": trace.now if trace.on else None,
        "model": hardware.profile.key,
        "on": twin.pins.vdd_ext,
        "hung": twin.module.hung,
        "asleep": twin.asleep,
        "start_cause": int(hardware.start_cause),
        "boots": twin.module.boots,
        "boot_seconds": None if firmware is None else hardware.clock.now() - twin.module.began,
        "pins": {name: int(getattr(twin.pins, name)) for name in (*PINS, "ri")},
        "holds": _holds(twin),
        "line": _line(twin),
        "counters": _counters(twin),
        # AT+IOSET, and what can be set.
        "ioset": hardware.gpio.voltage,
        "cell": hardware.cell.shown(),
        "surroundings": surroundings(twin),
        "radio": _radio(radio),
        "pdp": _pdp(firmware, radio),
        **_http(twin),
        "connections": _connections(firmware),
        "traffic": {"whole": _split(traffic.whole), "boot": _split(traffic.boot)},
        "call": _call(firmware),
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


def _holds(twin: Twin) -> dict[str, Any]:
    """What RESET and PWRKEY do when they are held low, and after how many seconds."""
    hardware = twin.module.hardware
    profile, scale = hardware.profile, hardware.time_scale
    seconds = {name: round(profile.seconds(name) * scale, 3) for name in _HOLDS}
    return {"reset_is_off": profile.has("reset_is_off"), **seconds}


def _line(twin: Twin) -> dict[str, Any]:
    uart = twin.module.hardware.uart
    host = uart.host_settings
    return {
        "rate": uart.rate,
        "host_rate": host.rate if uart.rate else None,
        "frame": str(uart.mode.frame),
        # None: nobody has said.
        "rts": None if host.rts is None else int(host.rts),
        "dtr": None if host.dtr is None else int(host.dtr),
        "cts": int(uart.cts),
        "flow": [int(uart.mode.to_host), int(uart.mode.to_module)],
        "module_stopped": _named(uart.module_stopped, "RTS"),
        "host_stopped": _named(uart.host_stopped, "CTS"),
    }


def _counters(twin: Twin) -> dict[str, int]:
    uart = twin.module.hardware.uart
    return {
        "to_host": uart.sent_bytes,
        "to_host_lost": uart.host_lost_bytes,
        "to_module": uart.received_bytes,
        "to_module_lost": uart.lost_bytes,
    }


def _named(stop: Flow | None, wire: str) -> str | None:
    """What it stops by."""
    return None if stop is None else "XOFF" if stop is Flow.SOFTWARE else wire


def _radio(radio: Radio | None) -> dict[str, Any]:
    """As AT+CREG, CGATT and CFUN show it; of a module that is off, or not so far yet, nothing."""
    if radio is None:
        return {"registration": 0, "attached": False, "function": None, "operator": None}
    return {
        "registration": radio.stat,
        "attached": radio.attached,
        "function": radio.functionality,
        "operator": radio.cell.long_name if radio.registered else None,
    }


def _pdp(firmware: Firmware | None, radio: Radio | None) -> dict[str, Any]:
    address = None if radio is None else radio.address
    bearers = None if firmware is None else firmware.found(Bearers)
    return {
        "up": address is not None,
        "address": address,
        "bearers": [_bearer(cid, bearers, radio) for cid in CIDS],
    }


def _bearer(cid: int, bearers: Bearers | None, radio: Radio | None) -> dict[str, Any]:
    if bearers is None or radio is None:
        return {"cid": cid, "status": "closed", "address": None, "apn": None}
    status, _ = bearers.status(cid)
    is_open = status == CONNECTED
    own = bearers.parameters(cid)["APN"]
    return {
        "cid": cid,
        "status": _BEARER[status],
        "address": radio.address if is_open else None,
        # What it asks for, and where that is nothing, what it has got.
        "apn": own or (radio.pdp.apn if is_open else None),
    }


def _http(twin: Twin) -> dict[str, Any]:
    """The HTTP buffer, and the session."""
    firmware = twin.module.firmware
    capacity = twin.module.hardware.profile.limit("http_buffer")
    http = None if firmware is None else firmware.found(HttpService)
    size, dropped = (0, 0) if http is None else (http.fill, http.buffer.dropped)
    session = http.session if http is not None and http.is_open else None
    return {
        "buffer": {"bytes": size, "capacity": capacity, "dropped": dropped},
        "http": {
            "open": session is not None,
            "busy": session is not None and session.busy,
            "method": None if session is None else session.method,
            "url": None if session is None else masked_url(session.parameters.url),
            "status": None if session is None else session.status,
        },
    }


def _connections(firmware: Firmware | None) -> list[dict[str, Any] | None]:
    slots = [None] * LIMIT if firmware is None else firmware.pool.slots
    return [None if slot is None else _connection(slot) for slot in slots]


def _connection(slot: Slot) -> dict[str, Any]:
    sent, received = slot.passed
    return {
        "use": slot.use,
        "link": slot.link,
        "peer": slot.peer,
        "state": slot.state,
        "tls": slot.tls,
        "sent": sent,
        "received": received,
    }


def _split(account: Account) -> dict[str, int]:
    """IP bytes as the operator counts them, by what they are."""
    bill = account.count.operator
    kinds = {name: bill.kind(name) for name in _KINDS}
    return {"total": bill.total, **kinds, "other": bill.total - sum(kinds.values())}


def _call(firmware: Firmware | None) -> dict[str, Any] | None:
    """The call that has come in, if one has."""
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
