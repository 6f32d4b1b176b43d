"""The operations of one module: those of the table of actions, and those that need HTTP.

All of them stand in `OPERATIONS`, of which routes and description are made.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response, StreamingResponse

from atwin.control.actions import ACTIONS
from atwin.control.schemas import choice, closed, number, text, whole
from atwin.control.web.events import stream
from atwin.control.web.operation import HUGE, JSON, Operation
from atwin.text import decimal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.control.actions import Action
    from atwin.control.web.operation import Call

#: Records of one answer.
_MOST_RECORDS = 2000

# --- what they do -------------------------------------------------------------------------------


async def _perform(action: Action, call: Call) -> Response:
    value = call.body if call.id is None else call.id
    return JSONResponse(await call.subject.perform(action, value))


async def _records(call: Call) -> Response:
    after, limit = call.whole("after", 0), call.whole("limit", _MOST_RECORDS)
    if not 1 <= limit <= _MOST_RECORDS:
        raise ValueError(f"limit: give a whole number from 1 to {_MOST_RECORDS}")
    recent = call.subject.heard()
    recent.trace.flush()
    batch = recent.feed.after(after, limit)
    return Response(
        f'{{"run":"{recent.feed.run}",'
        f'"first":{batch.first},"last":{recent.feed.last},"missed":{batch.missed},'
        f'"records":[{",".join(batch.records)}]}}',
        media_type=JSON,
    )


async def _bytes(call: Call) -> Response:
    start, end = call.seconds("from", 0), call.seconds("to", HUGE)
    direction = call.request.query_params.get("dir", "<")
    if direction not in (">", "<"):
        raise ValueError("dir: give > for what goes to the module, < for what comes from it")
    recent = call.subject.heard()
    recent.trace.flush()
    found = recent.bytes.between(start, end, direction)
    return JSONResponse(
        {
            "t": found.t,
            "dir": direction,
            "hex": found.data.hex(),
            "size": found.size,
            "cut": found.cut,
        }
    )


async def _events(call: Call) -> Response:
    params = call.request.query_params
    recent = call.subject.recent
    recent.trace.flush()
    header = call.request.headers.get("last-event-id")
    if header is not None and (known := decimal(header)) is not None:
        after = known
    elif params.get("after") == "last":
        after = recent.feed.last
    else:
        after = call.whole("after", recent.feed.first - 1)
    state = call.request.app.state
    events = stream(call.subject, after, lambda: state.closing)
    return StreamingResponse(events, media_type="text/event-stream")


async def _recording(call: Call) -> Response:
    return JSONResponse(call.subject.recording.shown)


async def _record(call: Call) -> Response:
    if not isinstance(call.body, dict) or not {*call.body} <= {"trace", "pcap"}:
        raise ValueError('give {"trace": true, "pcap": true}')
    if not all(isinstance(wanted, bool) for wanted in call.body.values()):
        raise ValueError("trace, pcap: give true or false")
    call.subject.recording.start(
        trace=call.body.get("trace", False), pcap=call.body.get("pcap", False)
    )
    return await _recording(call)


async def _stop_recording(call: Call) -> Response:
    call.subject.recording.stop()
    return await _recording(call)


async def _download(name: str, ending: str, call: Call) -> Response:
    size, pieces = call.subject.recording.read(name)

    async def sent() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    headers = {
        "content-length": str(size),
        "content-disposition": f'attachment; filename="recording.{ending}"',
    }
    return StreamingResponse(sent(), headers=headers, media_type=_FILES[name])


# --- the table ----------------------------------------------------------------------------------

_FILES = {"trace": "application/x-ndjson", "pcap": "application/vnd.tcpdump.pcap"}
_COUNT = whole(0, HUGE)
_TIME = number(0, HUGE)
_RECORDING = closed(
    {
        "running": {"type": "boolean"},
        "seconds": {"type": "number"},
        "trace_bytes": _COUNT,
        "pcap_bytes": _COUNT,
        "full": {"type": "boolean"},
    },
    "running",
    "seconds",
    "trace_bytes",
    "pcap_bytes",
    "full",
)

OPERATIONS: tuple[Operation, ...] = (
    *(
        Operation(
            action.name,
            action.method,
            action.path,
            action.summary,
            partial(_perform, action),
            action.takes,
            gives=action.gives,
        )
        for action in ACTIONS
    ),
    Operation(
        "records",
        "GET",
        "/records",
        "The records after one of that number; `last` is the newest, `run` whose numbers they are",
        _records,
        query={"after": _COUNT, "limit": whole(1, _MOST_RECORDS)},
        gives=closed(
            {
                "run": text(),
                "first": _COUNT,
                "last": _COUNT,
                "missed": _COUNT,
                "records": {"type": "array", "items": {"type": "object"}},
            },
            "run",
            "first",
            "last",
            "missed",
            "records",
        ),
    ),
    Operation(
        "bytes",
        "GET",
        "/bytes",
        "What passed on the line in that time, payload and all, as hexadecimal digits",
        _bytes,
        query={"from": _TIME, "to": _TIME, "dir": choice(">", "<")},
        gives=closed(
            {
                "t": {"type": ["number", "null"]},
                "dir": choice(">", "<"),
                "hex": {"type": "string"},
                "size": _COUNT,
                "cut": {"type": "boolean"},
            },
            "t",
            "dir",
            "hex",
            "size",
            "cut",
        ),
    ),
    Operation(
        "events",
        "GET",
        "/events",
        "Server-Sent Events: records, missed, state, end; from the first record that is kept, "
        "after the one of that number, or after the last",
        _events,
        query={"after": {"anyOf": [_COUNT, choice("last")]}},
        media="text/event-stream",
    ),
    Operation(
        "recording",
        "GET",
        "/recording",
        "Whether it records, and how much there is; `full`: a file has all it may have",
        _recording,
        gives=_RECORDING,
    ),
    Operation(
        "record",
        "POST",
        "/recording",
        "Record a trace, a capture with payload, or both, in place of the last recording",
        _record,
        {
            **closed({"trace": {"type": "boolean"}, "pcap": {"type": "boolean"}}),
            "anyOf": [
                {"properties": {name: {"const": True}}, "required": [name]} for name in _FILES
            ],
        },
        gives=_RECORDING,
    ),
    Operation(
        "stop_recording",
        "DELETE",
        "/recording",
        "Record no more; the files stay until the next recording",
        _stop_recording,
        gives=_RECORDING,
    ),
    *(
        Operation(
            f"recorded_{name}",
            "GET",
            f"/recording/{name}",
            f"What was recorded so far ({ending})",
            partial(_download, name, ending),
            media=_FILES[name],
        )
        for name, ending in (("trace", "trace"), ("pcap", "pcapng"))
    ),
)
