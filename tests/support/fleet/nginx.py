"""A real nginx that writes down what a fleet asks of it."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.servers.tls_servers import nginx_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Seconds between two looks at how many connections there are.
_LOOK = 0.01


@dataclass
class Logged:
    """What nginx says of itself: requests and bytes of its log, seconds of its status page."""

    url: str
    requests: int = 0
    connections: int = 0
    bytes: int = 0
    connection_seconds: float = 0.0


@contextlib.contextmanager
def logging_nginx(where: Path, file: bytes) -> Iterator[Logged]:
    """Serve `file`; the numbers are there when the block has been left."""
    (where / "www").mkdir(exist_ok=True)
    (where / "www/fw.bin").write_bytes(file)
    log = where / "access"
    log.unlink(missing_ok=True)

    def server(port: int) -> str:
        return (
            "log_format fleet '$connection $bytes_sent $http_user_agent'; keepalive_timeout 75;\n"
            f"server {{ listen 127.0.0.1:{port} backlog=4096; root {where}/www;\n"
            f"  access_log {log} fleet;\n"
            "  location = /status { access_log off; stub_status; } }"
        )

    with nginx_with(server, where) as port:
        logged, over = Logged(f"http://127.0.0.1:{port}/fw.bin"), threading.Event()
        watching = threading.Thread(target=_watch, args=(logged, port, over))
        watching.start()
        try:
            yield logged
        finally:
            over.set()
            watching.join()
    # What has looked at the file before the fleet came is not a module.
    lines = [line.split() for line in log.read_text().splitlines() if "atwin fleet" not in line]
    logged.requests = len(lines)
    logged.connections = len({line[0] for line in lines})
    logged.bytes = sum(int(line[1]) for line in lines)


def _watch(logged: Logged, port: int, over: threading.Event) -> None:
    """Add up the connections that are open, without this one."""
    status = http.client.HTTPConnection("127.0.0.1", port)
    last = time.monotonic()
    while not over.wait(_LOOK):
        status.request("GET", "/status")
        active = int(status.getresponse().read().split()[2]) - 1
        now = time.monotonic()
        logged.connection_seconds += active * (now - last)
        last = now
    status.close()
