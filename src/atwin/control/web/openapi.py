"""What the API is, as OpenAPI 3.1, made from the table that it is served by."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from atwin import __version__
from atwin.control.schemas import closed, whole
from atwin.control.shapes import SEEN_SCHEMA, STATE_SCHEMA
from atwin.control.web.api import OPERATIONS
from atwin.control.web.operation import JSON

if TYPE_CHECKING:
    from atwin.control.schemas import Schema
    from atwin.control.web.operation import Operation

_NUMBER: Schema = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "Of the module, from 1; GET /api/modules lists them",
    "schema": whole(1, 64),
}
_ID: Schema = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": whole(1, 10**15),
}
_ERROR = closed({"error": {"type": "string"}}, "error")
_REFUSALS = {
    400: "Something in the request is wrong",
    401: "The token is missing or wrong",
    403: "Host or Origin are of another server",
    404: "There is no such module, or no such thing of it",
    409: "It cannot be in the state in which the module is",
    408: "The body has not come in time",
    413: "The body is too long",
    415: "The body is not JSON",
}
_MODULES: Schema = {
    "type": "array",
    "items": closed(
        {
            "number": {"type": "integer"},
            "name": {"type": "string"},
            "port": {"type": "string"},
            "twin": {"type": "boolean"},
        },
        "number",
        "name",
        "port",
        "twin",
    ),
}


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {
        "/api/health": {
            "get": {
                **_described("health", "Whether it serves; needs no token", {}, JSON, ()),
                "security": [],
            }
        },
        "/api/modules": {"get": _described("modules", "The modules", _MODULES, JSON, (401,))},
    }
    for one in OPERATIONS:
        path = f"/api/modules/{{number}}{one.path}"
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "atwin",
            "version": __version__,
            "description": "docs/reference/control.md",
        },
        "paths": paths,
        "security": [{"bearer": []}, {"query": []}],
        "components": {
            "schemas": {"State": {"anyOf": [STATE_SCHEMA, SEEN_SCHEMA]}, "Error": _ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    statuses = [400, 401, 403, 404, 409]
    made: dict[str, Any] = {
        "parameters": [
            _NUMBER,
            *([_ID] if "{id}" in one.path else []),
            *({"name": name, "in": "query", "schema": form} for name, form in one.query.items()),
        ]
    }
    if one.takes is not None:
        statuses += [408, 413, 415]
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": one.takes}}}
    return {**_described(one.name, one.summary, one.gives, one.media, statuses), **made}


def _described(
    name: str, summary: str, gives: Schema, media: str, refusals: list[int] | tuple[int, ...]
) -> dict[str, Any]:
    content = {media: {"schema": gives}} if gives else {media: {}}
    error = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": "Done", "content": content},
            **{
                str(status): {"description": _REFUSALS[status], "content": error}
                for status in refusals
            },
        },
    }
