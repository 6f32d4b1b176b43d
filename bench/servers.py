"""A real nginx on a free loopback port, for comparing against; how a server sends."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: System calls of Linux, the same on all its usual processors: Python lacks the one, and some of
#: its builds the other.
_PIDFD_OPEN, _PIDFD_GETFD = 434, 438
#: nginx is off an ordinary user's path.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
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
        program = shutil.which("nginx", path=_PATH) or "nginx"
        process = subprocess.Popen([program, "-p", name, "-c", str(config), "-e", f"{name}/error"])
        try:
            _wait_for(process, port)
            send_by_cubic(process.pid)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def send_by_cubic(pid: int) -> None:
    """For the connections that process `pid`, a child, will accept, whatever this machine uses.

    A machine may send by BBR: by a timer, at the rate that it believes the network has (D-415).
    Where the system does not let us in, that stays, with a line on stderr.
    """
    if sys.platform != "linux":
        return
    try:
        if not _listeners_by_cubic(pid):
            raise OSError("it has no socket that listens")
    except OSError as error:
        print(f"The server sends as this machine does, not by CUBIC: {error}", file=sys.stderr)


def _listeners_by_cubic(pid: int) -> int:
    """How many there are."""
    process, count = _called(_PIDFD_OPEN, pid, 0), 0
    try:
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            try:
                taken = _called(_PIDFD_GETFD, process, int(descriptor), 0)
            except OSError as error:
                if error.errno == errno.EBADF:
                    continue  # a connection that has just ended
                raise
            if not stat.S_ISSOCK(os.fstat(taken).st_mode):
                os.close(taken)
                continue
            with socket.socket(fileno=taken) as found:
                listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                if listens and found.family in (socket.AF_INET, socket.AF_INET6):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
                    count += 1
    finally:
        os.close(process)
    return count


def _called(number: int, *arguments: int) -> int:
    """What the system call gives. Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    if (given := libc.syscall(number, *arguments)) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(given)


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
