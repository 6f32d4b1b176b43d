"""`atwin` and `python -m atwin.testing` of a page, forked: see `support.running.forked`.

A page has them on its PATH as small programs that hand their arguments and streams to this process.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from support.running.forked import Forked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROGRAM = """\
#!{python} -IS
import json, os, signal, socket, sys
words = sys.argv[1:]
if sys.argv[0].endswith("atwin"):
    words = ["-m", "atwin.cli", *words]
elif words[:2] != ["-m", "atwin.testing"]:
    os.execv({python!r}, [{python!r}, *words])
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect({address!r})
order = {{"words": words, "env": dict(os.environ), "cwd": os.getcwd()}}
socket.send_fds(server, [json.dumps(order).encode()], [0, 1, 2])
pid = int(server.recv(20))
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: os.kill(pid, number))
code = int(server.recv(20))
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


@contextmanager
def forked_programs(folder: Path) -> Iterator[str]:
    """What comes first on the PATH. Leaving the block kills what still runs."""
    address = str(folder / "forks")
    programs = folder / "programs"
    programs.mkdir()
    for name in ("atwin", "python"):
        (programs / name).write_text(_PROGRAM.format(python=sys.executable, address=address))
        (programs / name).chmod(0o755)
    running: list[Forked] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen()
        thread = threading.Thread(target=_serve, args=(listener, running))
        thread.start()
        try:
            yield str(programs)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for child in running:
                child.kill()


def _serve(listener: socket.socket, running: list[Forked]) -> None:
    with suppress(OSError):  # it was shut
        while True:
            client, _ = listener.accept()
            data, streams, _, _ = socket.recv_fds(client, 1 << 20, 3)
            order = json.loads(data)
            stdin, stdout, stderr = streams
            child = Forked(
                [sys.executable, *order["words"]],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=order["env"],
                cwd=order["cwd"],
            )
            for stream in streams:
                os.close(stream)
            client.send(str(child.pid).encode())
            running.append(child)
            threading.Thread(target=_tell_its_end, args=(child, client)).start()
            threading.Thread(target=_kill_with, args=(child, client)).start()


def _tell_its_end(child: Forked, client: socket.socket) -> None:
    with suppress(OSError):  # who asked is gone
        client.send(str(child.wait()).encode())


def _kill_with(child: Forked, client: socket.socket) -> None:
    """A program that is killed takes what it stands for along."""
    with client:
        client.recv(1)
        child.kill()
