"""A real nginx on a free loopback port, for comparing against."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIG = """\
daemon off; pid {directory}/pid; error_log {directory}/error.log; worker_processes 1;
events {{ worker_connections 128; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000;
  client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  server {{ listen 127.0.0.1:{port}; root {directory}/www; }}
}}
"""


@contextmanager
def nginx(files: dict[str, bytes]) -> Iterator[str]:
    """Serve `files` by name; the base URL, without a slash at its end."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "www").mkdir()
        directory.chmod(0o755)  # the worker is another user when this runs as root
        for file, content in files.items():
            (directory / "www" / file).write_bytes(content)
        port = _free_port()
        config = directory / "nginx.conf"
        config.write_text(_CONFIG.format(directory=directory, port=port))
        process = subprocess.Popen(["nginx", "-p", name, "-c", str(config), "-e", f"{name}/error"])
        try:
            _wait_for(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Until nginx accepts connections; it has no way to tell."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
    raise RuntimeError(f"nginx ended with code {process.returncode}")
