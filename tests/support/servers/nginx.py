"""A real nginx with plain HTTP as a child process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from atwin.testing.origin import Generated
from support.servers.tls_servers import nginx_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The size of the vendor's example file (docs/spec/flows.md §3).
BIG = Generated(11_975_260, seed=1)


@contextlib.contextmanager
def nginx(where: Path) -> Iterator[int]:
    """Serve files, odd statuses, a chunked body and a counter of posted bytes; gives the port."""
    files = where / "www"
    files.mkdir()
    (files / "small").write_bytes(b"held out text 0123456789 abcXYZ")
    (files / "big.bin").write_bytes(BIG.read(0, BIG.size))

    def server(port: int) -> str:
        return (
            "sendfile on; keepalive_timeout 30;\n"
            f"server {{ listen 127.0.0.1:{port}; root {files}; client_max_body_size 1m;\n"
            "  location = /n204 { return 204; } location = /n304 { return 304; }\n"
            "  location = /teapot { return 418 'short and stout'; }\n"
            "  location = /moved { return 302 /small; }\n"
            f"  location = /closing {{ keepalive_timeout 0; alias {files}/small; }}\n"
            "  location = /host { return 200 '$http_host|$http_connection|$request_uri'; }\n"
            f"  location = /post {{ proxy_pass http://127.0.0.1:{port}/got; }}\n"
            "  location = /got { return 200 'got $content_length'; }\n"
            "  location = /chunked { gzip on; gzip_types *; gzip_min_length 1;"
            f" alias {files}/big.bin; }} }}"
        )

    with nginx_with(server, where) as port:
        yield port
