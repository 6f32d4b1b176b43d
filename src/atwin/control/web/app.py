"""The app: its routes, and how everything that goes wrong is reported."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import h11
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from atwin.control.web.api import OPERATIONS
from atwin.control.web.openapi import description
from atwin.control.web.operation import Operation, answered
from atwin.page import asset
from atwin.text import decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from atwin.control.subject import Subject

log = logging.getLogger(__name__)


def panel_app(subjects: Sequence[Subject]) -> Starlette:
    """Serves these modules, numbered from 1; see `http_server`."""

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def openapi(request: Request) -> Response:
        return JSONResponse(description())

    async def modules(request: Request) -> Response:
        return JSONResponse(
            [
                {"number": number, "name": one.name, "port": one.port, "twin": one.twin is not None}
                for number, one in enumerate(subjects, 1)
            ]
        )

    def route(path: str, operations: dict[str, Operation]) -> Route:
        async def endpoint(request: Request) -> Response:
            number = decimal(request.path_params["number"])
            if number is None or not 1 <= number <= len(subjects):
                raise HTTPException(404, f"the modules have the numbers 1 to {len(subjects)}")
            return await answered(operations[request.method], subjects[number - 1], request)

        return _only(Route(f"/api/modules/{{number}}{path}", endpoint, methods=[*operations]))

    paths: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method] = operation
    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/page/{name:path}", _asset),
            Route("/api/health", health),
            Route("/api/openapi.json", openapi),
            Route("/api/modules", modules),
            *(route(path, operations) for path, operations in paths.items()),
        ],
        exception_handlers={HTTPException: _refused, Exception: _broken},
    )
    app.router.redirect_slashes = False
    #: Whether streams are to end.
    app.state.closing = False
    return app


def _only(route: Route) -> Route:
    """Without HEAD, which Starlette adds: an operation is asked for what it answers."""
    assert route.methods is not None
    route.methods.discard("HEAD")
    return route


async def _page(request: Request) -> Response:
    return _served("index.html")


async def _asset(request: Request) -> Response:
    return _served(request.path_params["name"])


def _served(name: str) -> Response:
    try:
        content, kind = asset(name)
    except KeyError:
        raise HTTPException(404, "there is no such file") from None
    return Response(content, media_type=kind)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _broken(request: Request, error: Exception) -> Response:
    if not isinstance(error, h11.ProtocolError):  # the client has broken off the conversation
        log.error("%s %s", request.method, request.url.path, exc_info=error)
    said: dict[str, Any] = {"error": f"{type(error).__name__}: this is a defect; see the log"}
    return JSONResponse(said, 500)
