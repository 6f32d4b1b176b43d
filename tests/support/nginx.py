"""A real nginx with plain HTTP as a child process."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from atwin.net.origin import Generated
from support import tls_servers
from support.sockets import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The size of the vendor's example file (spec: flows.md §3).
BIG = Generated(11_975_260, seed=1)

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextlib.contextmanager
def nginx(where: Path) -> Iterator[int]:
    """Serve files, odd statuses, a chunked body and a counter of posted bytes; gives the port."""
    files = where / "www"
    files.mkdir()
    (files / "small").write_bytes(b"held out text 0123456789 abcXYZ")
    (files / "big.bin").write_bytes(BIG.read(0, BIG.size))
    port = free_port()
    temporary = " ".join(f"{kind}_temp_path {where}/{kind};" for kind in _TEMPORARY)
    # nginx's workers give up root's rights, and with them the way into private directories.
    user = "user root;" if os.geteuid() == 0 else ""
    (where / "conf").write_text(
        f"{user} daemon off; pid {where}/pid; error_log {where}/error.log; worker_processes 1;\n"
        "events { worker_connections 128; }\n"
        f"http {{ access_log off; {temporary} default_type application/octet-stream;\n"
        "  sendfile on; keepalive_timeout 30;\n"
        f"  server {{ listen 127.0.0.1:{port}; root {files}; client_max_body_size 1m;\n"
        "    location = /n204 { return 204; } location = /n304 { return 304; }\n"
        "    location = /teapot { return 418 'short and stout'; }\n"
        "    location = /moved { return 302 /small; }\n"
        "    location = /closing { keepalive_timeout 0; alias " + f"{files}/small; }}\n"
        "    location = /host { return 200 '$http_host|$http_connection|$request_uri'; }\n"
        f"    location = /post {{ proxy_pass http://127.0.0.1:{port}/got; }}\n"
        "    location = /got { return 200 'got $content_length'; }\n"
        "    location = /chunked { gzip on; gzip_types *; gzip_min_length 1; alias "
        + f"{files}/big.bin; }}\n"
        "  } }\n"
    )
    program = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin")
    assert program, "nginx is not installed; `make test` installs what the tests need"
    command = [program, "-p", str(where), "-c", str(where / "conf"), "-e", f"{where}/first"]
    with tls_servers.running(command, port, where / "log") as bound:
        yield bound
