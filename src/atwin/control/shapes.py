"""JSON schemas of what actions answer: the state, the traffic, the faults."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from atwin.control.schemas import Schema, array, choice, closed, nullable, table, text, whole
from atwin.control.settable import SETTABLE, SURROUNDINGS
from atwin.net.meter.bill import OneWay
from atwin.twin.engine.pool import LIMIT

_BOOL: Schema = {"type": "boolean"}
_TEXT: Schema = text()
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LEVEL = whole(0, 1)


def _all(properties: Schema) -> Schema:
    """An object with all of these properties and no others."""
    return closed(properties, *properties)


_CONNECTION = _all(
    {
        "use": _TEXT,
        "link": nullable(whole(0, 7)),
        "peer": nullable(_TEXT),
        "state": choice("connecting", "open", "closing"),
        "tls": _BOOL,
        "sent": _COUNT,
        "received": _COUNT,
    }
)
_BEARER = _all(
    {
        "cid": whole(1, 3),
        "status": choice("open", "closed", "connecting"),
        "address": nullable(_TEXT),
        "apn": nullable(_TEXT),
    }
)
_SPLIT = _all(dict.fromkeys(("total", "payload", "http", "tls", "headers", "other"), _COUNT))
_FAULT: Schema = {
    "type": "object",
    "properties": {"id": _COUNT, "kind": _TEXT},
    "required": ["id", "kind"],
}
_FAULTS: Schema = {
    "waiting": {"type": "array", "items": _FAULT},
    "at_work": {"type": "array", "items": _FAULT},
    "begun": table(_COUNT),
}
# As they are set, but without the places of a list, which some readers of schemas do not know.
_SURROUNDINGS = {name: SETTABLE[name].schema for name in SURROUNDINGS} | {
    "gpio": table(_LEVEL),
    "adc": array(_COUNT, 2),
    "position": array(_NUMBER, 2),
    "access_points": array(array({"type": ["string", "integer"]}, 4), 30),
}

STATE_SCHEMA = _all(
    {
        "time": nullable(_NUMBER),
        "model": _TEXT,
        "on": _BOOL,
        "hung": _BOOL,
        "asleep": _BOOL,
        "start_cause": _COUNT,
        "boots": _COUNT,
        "boot_seconds": nullable(_NUMBER),
        "pins": _all(dict.fromkeys(("reset", "power_key", "supply", "usb_boot", "ri"), _LEVEL)),
        "holds": _all(
            {
                **dict.fromkeys(("key_start", "key_stop", "reset_off", "reset_start"), _NUMBER),
                "reset_is_off": _BOOL,
            }
        ),
        "line": _all(
            {
                "rate": nullable(_COUNT),
                "host_rate": nullable(_COUNT),
                "frame": text("[78][NOE][12]"),
                "rts": nullable(_LEVEL),
                "dtr": nullable(_LEVEL),
                "cts": _LEVEL,
                "flow": array(whole(0, 2), 2),
                "module_stopped": choice(None, "RTS", "XOFF"),
                "host_stopped": choice(None, "CTS", "XOFF"),
            }
        ),
        "counters": _all(
            dict.fromkeys(("to_host", "to_host_lost", "to_module", "to_module_lost"), _COUNT)
        ),
        "ioset": _COUNT,
        "cell": SETTABLE["cell"].schema,
        "surroundings": _all(_SURROUNDINGS),
        "radio": _all(
            {
                "registration": whole(0, 5),
                "attached": _BOOL,
                "function": nullable(_COUNT),
                "operator": nullable(_TEXT),
            }
        ),
        "pdp": _all({"up": _BOOL, "address": nullable(_TEXT), "bearers": array(_BEARER, 3)}),
        "buffer": _all(dict.fromkeys(("bytes", "capacity", "dropped"), _COUNT)),
        "http": _all(
            {
                "open": _BOOL,
                "busy": _BOOL,
                "method": nullable(_TEXT),
                "url": nullable(_TEXT),
                "status": nullable({"type": "integer"}),
            }
        ),
        "connections": {**array(nullable(_CONNECTION), LIMIT), "minItems": LIMIT},
        "traffic": _all({"whole": _SPLIT, "boot": _SPLIT}),
        "call": nullable(_all({"number": _TEXT, "answered": _BOOL})),
        "sim": _all(
            {
                "in": _BOOL,
                "asks_pin": _BOOL,
                "tries": whole(0, 3),
                "puk_tries": whole(0, 10),
                "private": _BOOL,
            }
        ),
        "faults": _all(_FAULTS),
        "names": table(_TEXT),
        "offline": _LEVEL,
        "answers": {
            "type": "array",
            "items": _all({"name": _TEXT, "came": _COUNT, "happened": _COUNT}),
        },
    }
)

#: The state of a module that is not a twin: what its host knows.
SEEN_SCHEMA = _all(
    {
        "model": {"type": "null"},
        "time": nullable(_NUMBER),
        "line": {"type": "object"},
        "counters": _all(dict.fromkeys(("to_host", "to_module"), _COUNT)),
    }
)

_WAY = _all(dict.fromkeys(("total", *(field.name for field in fields(OneWay))), _COUNT))
_BILL = _all({"total": _COUNT, "packets": _COUNT, "connections": _COUNT, "up": _WAY, "down": _WAY})
_ACCOUNT: dict[str, Any] = {"counted_by": _TEXT, "wire": _BILL, "operator": _BILL}

TRAFFIC_SCHEMA = _all(
    {
        "whole": _all(_ACCOUNT),
        "boot": _all(_ACCOUNT),
        "session": nullable(_all(_ACCOUNT)),
        "actions": {
            "type": "array",
            "items": _all({"name": _TEXT, "url": _TEXT, "settled": _BOOL, **_ACCOUNT}),
        },
    }
)

_KIND = _all(
    {
        "kind": _TEXT,
        "summary": _TEXT,
        "lasts": {"type": "array", "items": _TEXT},
        "own": {"type": "array", "items": _TEXT},
        "fields": table({"type": "object"}),
    }
)
FAULTS_SCHEMA = _all({**_FAULTS, "kinds": {"type": "array", "items": _KIND}})
