"""A process that has imported the whole program and forks it, as often as a test wants to run it.

`python fork_server.py FD` serves the socket FD: see `support.running.forked`. A fork costs a
tenth of what a start of Python and its imports does.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import atwin
from atwin.cli.app import run


def main(server: socket.socket) -> None:
    """Serve orders until the other side is gone. In a forked child: be `python -m MODULE`."""
    sys.path.insert(1, str(Path(__file__).parents[2]))  # modules of tests are run as well
    _import_all()
    gc.freeze()
    while True:
        data, descriptors, _, _ = socket.recv_fds(server, 1 << 20, 3)
        if not data:
            return
        order = json.loads(data)
        pid = _fork_orphan()
        if pid is None:
            server.close()
            _become(order, descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        server.send(str(pid).encode())


def _import_all() -> None:
    for found in pkgutil.walk_packages(atwin.__path__, "atwin."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    with contextlib.redirect_stdout(io.StringIO()):
        run(["models"])  # imports what the libraries import late


def _fork_orphan() -> int | None:
    """The process id of a grandchild, which the caller's own parent has adopted; None in it."""
    reading, writing = os.pipe()
    if middle := os.fork():
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(middle, 0)
        return int(told)
    os.close(reading)
    if pid := os.fork():
        os.write(writing, str(pid).encode())
        os._exit(0)
    os.close(writing)
    return None


def _become(order: dict[str, Any], descriptors: list[int]) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
    by_line = 1 if os.environ.get("PYTHONUNBUFFERED") else -1
    sys.stdout = open(1, "w", buffering=by_line, encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    sys.argv[1:] = order["arguments"]
    code: object = None
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        code = ending.code
    _end(code)
    raise SystemExit(code)


def _end(code: object) -> None:
    """Be over, as at the end of Python, without taking down object by object what was imported.

    Comes back where Python has something to say at its end.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()  # what is left over by this run may complain
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    if code is None or isinstance(code, int):
        os._exit((code or 0) & 0xFF)


if __name__ == "__main__":
    sys.path[0] = ""
    main(socket.socket(fileno=int(sys.argv[1])))
