"""The operations of one module: those of the table of actions, and those that need HTTP.

All of them stand in `OPERATIONS`, of which routes and description are made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from atwin.control.actions import ACTIONS, NotNowError, NotThereError
from atwin.control.schemas import choice, closed, number, whole
from atwin.control.web.events import stream
from atwin.text import decimal, parse_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from atwin.control.actions import Action
    from atwin.control.schemas import Schema
    from atwin.control.subject import Subject

#: Bytes of the longest body.
LONGEST_BODY = 64 << 10
#: Records of one answer.
_MOST_RECORDS = 2000
#: Larger than any number of a record, and any time in seconds.
_HUGE = 10**15

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a module: its query, its number in the path, and what its body says."""

    subject: Subject
    request: Request
    id: int | None = None
    body: Any = None

    def whole(self, name: str, default: int) -> int:
        """A number of the query. Raises `ValueError`."""
        text = self.request.query_params.get(name)
        value = default if text is None else decimal(text)
        if value is None or value > _HUGE:
            raise ValueError(f"{name}: give a whole number")
        return value

    def seconds(self, name: str, default: float) -> float:
        """A time of the query. Raises `ValueError`."""
        try:
            value = float(self.request.query_params.get(name, default))
        except ValueError:
            value = math.nan
        if not 0 <= value <= _HUGE:
            raise ValueError(f"{name}: give a time in seconds, 0 or more")
        return value


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method does at one path below that of a module.

    `run` raises `ValueError`, `NotThereError` and `NotNowError` with one line.
    """

    name: str
    method: str
    path: str
    summary: str
    run: Callable[[Call], Awaitable[Response]]
    #: JSON schemas: of the body, of what may stand in the query, of the answer.
    takes: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    gives: Schema = field(default_factory=dict)
    #: The content type of the answer.
    media: str = JSON


async def answered(operation: Operation, subject: Subject, request: Request) -> Response:
    """The answer, whatever is wrong with the request."""
    try:
        number = request.path_params.get("id")
        if number is not None and (number := decimal(number)) is None:
            raise NotThereError("an id is a whole number")
        body = None if operation.takes is None else await _body(request)
        return await operation.run(Call(subject, request, number, body))
    except NotThereError as error:
        raise HTTPException(404, str(error)) from None
    except NotNowError as error:
        raise HTTPException(409, str(error)) from None
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


async def _body(request: Request) -> Any:
    """Raises `ValueError`, and `HTTPException` for what is no JSON or too much."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise HTTPException(415, f"the body is to be {JSON}")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, f"the body is longer than {LONGEST_BODY} bytes")
    try:
        return parse_json(bytes(body))
    except ValueError as error:
        raise ValueError(f"the body is no JSON: {error}") from None


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
        f'{{"first":{batch.first},"last":{recent.feed.last},"missed":{batch.missed},'
        f'"records":[{",".join(batch.records)}]}}',
        media_type=JSON,
    )


async def _bytes(call: Call) -> Response:
    start, end = call.seconds("from", 0), call.seconds("to", _HUGE)
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


# --- the table ----------------------------------------------------------------------------------

_COUNT = whole(0, _HUGE)
_TIME = number(0, _HUGE)

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
        "The records after one of that number; `last` is the newest there is",
        _records,
        query={"after": _COUNT, "limit": whole(1, _MOST_RECORDS)},
        gives=closed(
            {
                "first": _COUNT,
                "last": _COUNT,
                "missed": _COUNT,
                "records": {"type": "array", "items": {"type": "object"}},
            },
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
)
