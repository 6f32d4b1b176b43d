"""How fast the TLS client is: bulk reading against GnuTLS in C, and handshakes a second.

`make bench`, or `python bench/tls.py`. Both sides read the same bytes from the same gnutls-serv,
by turns, so that whatever else the machine does meets both; medians are shown. Where the server
is the slower one, it bounds both. Exit code 1: slower than it must be.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from atwin.net.meter.kernel import limit_segments
from atwin.net.real import RealNetwork
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

    from atwin.net.tls.stream import TlsStream

SIZE = 24 << 20
RUNS = 7
READ = 1 << 18
HANDSHAKES = 200
#: No more: gnutls-serv forgets connections that queue up, and TCP asks again after a second.
PARALLEL = 4

RATIO = 0.6
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
    stream = await RealNetwork().connect("127.0.0.1", port)
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


async def bulk(console: Console, port: int, ca: bytes) -> bool:
    """The table of suites; whether every ratio is good enough."""
    table = Table(title=f"bulk read, {SIZE >> 20} MiB, median of {RUNS}")
    for heading in ("suite", "GnuTLS MB/s", "atwin MB/s", "ratio"):
        table.add_column(heading, justify="left" if heading == "suite" else "right")
    native, good = NativeClient(), True
    for suite in SUITES:
        theirs: list[float] = []
        ours: list[float] = []
        for _ in range(RUNS):
            for rates, (total, seconds) in (
                (theirs, native.read_all(port, suite)),
                (ours, await our_read_all(port, TlsProfile(suites=(suite,), ca=ca))),
            ):
                if total < SIZE:
                    raise RuntimeError(f"{suite.name}: only {total} of {SIZE} bytes came")
                rates.append(total / seconds / 1e6)
        their, our = statistics.median(theirs), statistics.median(ours)
        good = good and our / their >= RATIO
        table.add_row(suite.openssl, f"{their:.0f}", f"{our:.0f}", f"{our / their:.2f}")
    console.print(table)
    return good


async def handshakes(console: Console, port: int, ca: bytes) -> bool:
    """Handshakes with everything checked, and how long they keep others from their turn."""
    profile = TlsProfile(ca=ca, check_name="localhost", check_time=time.time())
    # The first one loads certificates and code, which is not what is measured.
    (await connect(port, profile)).close()
    rates = []
    cpu = time.process_time()
    for _ in range(RUNS):
        start = time.perf_counter()
        await many_handshakes(port, profile)
        rates.append(HANDSHAKES / (time.perf_counter() - start))
    cpu = time.process_time() - cpu
    watcher = asyncio.create_task(longest_turn())
    await many_handshakes(port, profile)
    watcher.cancel()
    rate = statistics.median(rates)
    console.print(
        f"handshakes with chain, name and dates checked, {PARALLEL} at a time, median of {RUNS}: "
        f"{rate:.0f}/s, {cpu / RUNS / HANDSHAKES * 1e3:.1f} ms CPU each; "
        f"longest turn of the loop {await watcher * 1e3:.1f} ms CPU"
    )
    return rate >= HANDSHAKES_PER_SECOND


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
def server(where: Path) -> Iterator[tuple[int, bytes]]:
    """gnutls-serv with a fresh certificate: its port, and the certificate to trust."""
    certificate, key, body = where / "server.pem", where / "server.key", where / "body"
    make = "req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 -subj /CN=localhost"
    make += f" -keyout {key} -out {certificate} -addext subjectAltName=DNS:localhost"
    subprocess.run(["openssl", *make.split()], check=True, capture_output=True)
    with body.open("wb") as file:
        file.write(os.urandom(1 << 20) * (SIZE >> 20))
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
        await_port(port)
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


async def main() -> int:
    console = Console()
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as (port, ca):
        fast = await bulk(console, port, ca)
        quick = await handshakes(console, port, ca)
    for holds, rule in (
        (fast, f"every suite reads at {RATIO} of native speed or more"),
        (quick, f"{HANDSHAKES_PER_SECOND} handshakes a second or more"),
    ):
        console.print(f"{'holds' if holds else 'FAILS'}: {rule}")
    return 0 if fast and quick else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
