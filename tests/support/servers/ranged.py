"""A server with one file, which knows ranges, under the name that is built into a firmware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug import Response

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer
    from werkzeug import Request

    from atwin import Rig

NAME, PATH = "ota.example.com", "/firmware.bin"
URL = f"http://{NAME}{PATH}"


def serve_ranges(server: HTTPServer, data: bytes, module: Rig | None = None) -> None:
    """`data` at PATH; a module finds it under NAME."""

    def answer(request: Request) -> Response:
        response = Response(data)
        return response.make_conditional(request, accept_ranges=True, complete_length=len(data))

    server.expect_request(PATH).respond_with_handler(answer)
    if module:
        module.hosts[NAME] = server
