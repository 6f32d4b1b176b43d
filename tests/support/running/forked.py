"""`atwin` as a process that needs no start of Python; see `support.running.fork_server`."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).with_name("fork_server.py")
_PR_SET_CHILD_SUBREAPER = 36


class Forked(subprocess.Popen[bytes]):
    """`python -m MODULE ...`, forked by the server of this process, a child like any other.

    Standard streams, environment, directory, signals and exit code are its own. What it inherits
    is what Python has read at its start: its options and the variables for it.
    """

    _server: tuple[socket.socket, subprocess.Popen[bytes]] | None = None
    _one_at_a_time = threading.Lock()

    def _execute_child(self, args: Any, *rest: Any) -> None:
        """Instead of the private method that forks; its other arguments are told by place."""
        _, _, _, _, cwd, env, _, _, _, *pipes = rest[:15]
        streams = [pipes[0], pipes[3], pipes[5]]
        order = {
            "module": args[2],
            "arguments": args[3:],
            "env": dict(os.environ if env is None else env),
            "cwd": os.fspath(cwd or os.getcwd()),
        }
        given = [number if stream == -1 else stream for number, stream in enumerate(streams)]
        with self._one_at_a_time:
            server = self._started()
            socket.send_fds(server, [json.dumps(order).encode()], given)
            self.pid = int(server.recv(20))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    @classmethod
    def _started(cls) -> socket.socket:
        if cls._server is None:
            # Orphans of the server become our children, to be waited for.
            if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
                raise OSError("this system has no PR_SET_CHILD_SUBREAPER")
            ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with its:
                command = [sys.executable, str(_SERVER), str(its.fileno())]
                process = subprocess.Popen(
                    command, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL
                )
            cls._server = ours, process
        return cls._server[0]
