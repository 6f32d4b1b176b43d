"""The TLS client: bulk reading against GnuTLS in C, and handshakes a second.

Both sides read the same bytes from the same gnutls-serv by turns, in segments of the same size and
with the same window: those of a twin whose line is not paced. They share one processor, the server
has another, and sends by CUBIC (D-415). It is the slower one, and bounds both.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.children import two_processors
from bench.figures import Figure, by_turns
from bench.servers import send_by_cubic

from atwin.net.meter.kernel import limit_segments
from atwin.net.network import SocketOptions
from atwin.net.real import UNPACED, RealNetwork, limit_window
from atwin.net.tls import SUITES, TlsProfile, secure
from atwin.net.tls.suites import (
    AES128_SHA,
    AES256_SHA,
    AES256_SHA256,
    RC4_MD5,
    RC4_SHA,
    TRIPLE_DES_SHA,
    Suite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

    from atwin.net.tls.stream import TlsStream

SIZE = 24 << 20
RUNS = 11
READ = 1 << 18
HANDSHAKES = 200
#: No more: gnutls-serv forgets connections that queue up, and TCP asks again after a second.
PARALLEL = 4

RATIO = 0.9
SERVER_BOUND = "the server: one processor enciphers and sends what both read (D-415)"
HANDSHAKES_PER_SECOND = 200

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
#: Cipher and MAC in a GnuTLS priority string; `+RSA` is in `REST`.
GNUTLS = {
    AES256_SHA: "AES-256-CBC:+SHA1",
    AES128_SHA: "AES-128-CBC:+SHA1",
    RC4_SHA: "ARCFOUR-128:+SHA1",
    RC4_MD5: "ARCFOUR-128:+MD5",
    TRIPLE_DES_SHA: "3DES-CBC:+SHA1",
    AES256_SHA256: "AES-256-CBC:+SHA256",
}
ALL = "NONE:+VERS-TLS1.2:" + ":".join(f"+{name}" for name in GNUTLS.values())
REST = ":+RSA:+SIGN-ALL:+COMP-NULL"
CLIENT, CERTIFICATES = 2, 1


class NativeClient:
    """GnuTLS in C, called record by record."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL("libgnutls.so.30")
        self._lib.gnutls_record_recv.restype = ctypes.c_ssize_t
        self._credentials = ctypes.c_void_p()
        self._lib.gnutls_certificate_allocate_credentials(ctypes.byref(self._credentials))

    def read_all(self, port: int, suite: Suite) -> tuple[int, float]:
        """Bytes of the answer, and the seconds from the request to its end."""
        lib, session = self._lib, ctypes.c_void_p()
        priority = f"NONE:+VERS-TLS1.2:+{GNUTLS[suite]}{REST}".encode()
        with socket.socket() as plain:
            # As small as ours, which are those of a cellular link.
            limit_segments(plain)
            limit_window(plain, UNPACED)
            plain.connect(("127.0.0.1", port))
            lib.gnutls_init(ctypes.byref(session), CLIENT)
            lib.gnutls_priority_set_direct(session, priority, None)
            lib.gnutls_credentials_set(session, CERTIFICATES, self._credentials)
            lib.gnutls_transport_set_int2(session, plain.fileno(), plain.fileno())
            if lib.gnutls_handshake(session) < 0:
                raise RuntimeError(f"native handshake failed with {suite.name}")
            buffer = ctypes.create_string_buffer(1 << 14)
            start, total = time.perf_counter(), 0
            lib.gnutls_record_send(session, REQUEST, ctypes.c_size_t(len(REQUEST)))
            size = ctypes.c_size_t(len(buffer))
            while (got := lib.gnutls_record_recv(session, buffer, size)) > 0:
                total += got
            seconds = time.perf_counter() - start
            lib.gnutls_deinit(session)
        return total, seconds


async def connect(port: int, profile: TlsProfile) -> TlsStream:
    options = SocketOptions(window=UNPACED, unpaced=True)
    stream = await RealNetwork().connect("127.0.0.1", port, options)
    return await secure(stream, profile, wall=time.time())


async def our_read_all(port: int, profile: TlsProfile) -> tuple[int, float]:
    stream = await connect(port, profile)
    start, total = time.perf_counter(), 0
    await stream.write(REQUEST)
    while part := await stream.read(READ):
        total += len(part)
    seconds = time.perf_counter() - start
    stream.close()
    return total, seconds


def figures(scale: Scale) -> Iterator[Figure]:
    size, processor = scale.size(SIZE, SIZE // 4), two_processors()
    with tempfile.TemporaryDirectory() as name, server(Path(name), size, processor) as (port, ca):
        native = NativeClient()
        for suite in SUITES:
            profile = TlsProfile(suites=(suite,), ca=ca)
            ours, theirs = by_turns(
                scale.runs(RUNS),
                lambda profile=profile: rate(*asyncio.run(our_read_all(port, profile)), size),  # type: ignore[misc]
                lambda suite=suite: rate(*native.read_all(port, suite), size),  # type: ignore[misc]
            )
            yield Figure.of_runs(
                f"tls.{suite.openssl}", f"{size >> 20} MiB by {suite.openssl}", "MB/s", ours,
                "GnuTLS in C, record by record", theirs, of="ratio",
                goal=RATIO, limit=SERVER_BOUND,
            )  # fmt: skip
        yield from asyncio.run(handshakes(scale, port, ca))


def rate(total: int, seconds: float, size: int) -> float:
    """MB/s of a file that came whole."""
    if total < size:
        raise RuntimeError(f"only {total} of {size} bytes came")
    return total / seconds / 1e6


async def handshakes(scale: Scale, port: int, ca: bytes) -> list[Figure]:
    """Handshakes with everything checked, and how long they keep others from their turn."""
    profile = TlsProfile(ca=ca, check_name="localhost", check_time=time.time())
    # The first one loads certificates and code, which is not what is measured.
    (await connect(port, profile)).close()
    runs, turns = [], []
    for _ in range(scale.runs(RUNS)):
        watcher = asyncio.create_task(longest_turn())
        began = time.perf_counter()
        await many_handshakes(port, profile)
        runs.append(HANDSHAKES / (time.perf_counter() - began))
        watcher.cancel()
        turns.append(await watcher * 1e3)
    checked = f"handshakes with chain, name and dates checked, {PARALLEL} at a time"
    return [
        Figure.of_runs(
            "tls.handshakes", checked, "/s", runs, goal=HANDSHAKES_PER_SECOND,
            limit="the server signs and deciphers with RSA on the other processor",
        ),
        Figure.of_runs(
            "tls.turn", "CPU of the longest turn of the loop meanwhile", "ms", turns,
            better="less", limit="one chain is checked in one piece",
        ),
    ]  # fmt: skip


async def many_handshakes(port: int, profile: TlsProfile) -> None:
    left = iter(range(HANDSHAKES))

    async def worker() -> None:
        for _ in left:
            (await connect(port, profile)).close()

    await asyncio.gather(*(worker() for _ in range(PARALLEL)))


async def longest_turn() -> float:
    """Until cancelled: the most CPU seconds that passed between two turns of this task."""
    longest = 0.0
    try:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)
    except asyncio.CancelledError:
        return longest


@contextmanager
def server(where: Path, size: int, processor: int | None) -> Iterator[tuple[int, bytes]]:
    """gnutls-serv with a fresh certificate: its port, and the certificate to trust."""
    certificate, key, body = where / "server.pem", where / "server.key", where / "body"
    make = "req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 -subj /CN=localhost"
    make += f" -keyout {key} -out {certificate} -addext subjectAltName=DNS:localhost"
    subprocess.run(["openssl", *make.split()], check=True, capture_output=True)
    with body.open("wb") as file:
        file.write(os.urandom(1 << 20) * (size >> 20))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tool = shutil.which("gnutls-serv")
    if tool is None:
        raise SystemExit("gnutls-serv is missing: install the package gnutls-bin")
    command = [tool, "--quiet", "--http", f"--httpdata={body}", "--noticket", "--nodb"]
    command += ["--disable-client-cert", "-p", str(port), "--priority", ALL + REST]
    command += [f"--x509certfile={certificate}", f"--x509keyfile={key}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if processor is not None:
            os.sched_setaffinity(process.pid, {processor})
        await_port(port)
        send_by_cubic(process.pid)
        yield port, certificate.read_bytes()
    finally:
        process.terminate()
        process.wait()


def await_port(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("gnutls-serv does not start")
