"""Lines that no module would be: silent ones, noisy ones, ones that go away."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def tcp_line(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A `socket://` port whose one client is handed to `serve` on a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        clients: list[socket.socket] = []

        def accept() -> None:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # the test ended without a client
            clients.append(client)
            with suppress(OSError):  # the client has gone: that is the end of every test here
                serve(client)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            host, port = listener.getsockname()
            yield f"socket://{host}:{port}"
        finally:
            for open_socket in (listener, *clients):
                with suppress(OSError):  # closed by the other side already
                    open_socket.shutdown(socket.SHUT_RDWR)
                open_socket.close()
            thread.join()


def silent(client: socket.socket) -> None:
    """Takes everything and never answers."""
    while client.recv(4096):
        pass


def garbage(client: socket.socket) -> None:
    """Answers each write with noise, as at a wrong baud rate."""
    noise = random.Random(1)
    while client.recv(4096):
        client.sendall(noise.randbytes(300))


def gone(client: socket.socket) -> None:
    """Hangs up at the first byte."""
    client.recv(1)
    client.close()
