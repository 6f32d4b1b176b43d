"""What an operation of a module is, what it gets of a request, and how it refuses."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from atwin.control.actions import NotNowError, NotThereError
from atwin.text import decimal, parse_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from atwin.control.schemas import Schema
    from atwin.control.subject import Subject

#: Bytes of the longest body.
LONGEST_BODY = 64 << 10
#: Seconds that it may take to come.
LONGEST_WAIT = 60
#: Larger than any number of a record, and any time in seconds.
HUGE = 10**15

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
        if value is None or value > HUGE:
            raise ValueError(f"{name}: give a whole number")
        return value

    def seconds(self, name: str, default: float) -> float:
        """A time of the query. Raises `ValueError`."""
        try:
            value = float(self.request.query_params.get(name, default))
        except ValueError:
            value = math.nan
        if not 0 <= value <= HUGE:
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
    """Raises `ValueError`, and `HTTPException` for a body that is not JSON or too long."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise HTTPException(415, f"the body is JSON: send it with Content-Type: {JSON}")
    body = bytearray()
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            async for piece in request.stream():
                body += piece
                if len(body) > LONGEST_BODY:
                    raise HTTPException(413, f"the body is longer than {LONGEST_BODY} bytes")
    except TimeoutError:
        raise HTTPException(408, f"the body has not come within {LONGEST_WAIT} s") from None
    except ClientDisconnect:  # nobody hears this
        raise ValueError("the body has no end") from None
    try:
        return parse_json(bytes(body))
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}") from None
