"""Hosts as they are in the field, each on a module of every model.

    python examples/usual_hosts.py

None of them knows this package: they open a serial port and send what such hosts send.

  gsm_modem    the library python-gsmmodem-new, as it is: connect() and a few questions
  tiny_gsm     the start of TinyGSM's driver for SIM800, then TCP by the host's own reads
  multi_link   three links at once, and never AT+CSTT, AT+CIICR or AT+CIFSR
  forwarder    sets up short messages first, takes no error there, then posts a report

The first needs `pip install python-gsmmodem-new`. The servers are in this process, on loopback.
"""

from __future__ import annotations

import http.server
import socketserver
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

import atwin

try:
    import serial
except ModuleNotFoundError:
    sys.exit("usual_hosts.py: no package serial; pip install pyserial")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODELS = ("air724ug", "air780e-at", "air780e-lsat", "air780eg", "air780ep")

REPORT = b'{"level": 7}'


class RefusedError(Exception):
    """The module answered with an error."""


class Line:
    """A serial port, and what a host does with it: type, and wait for words."""

    def __init__(self, port: str) -> None:
        self._port = serial.Serial(port, 115200, timeout=0.02)
        self._heard = b""

    def ask(self, command: str, *words: str, seconds: float = 20) -> str:
        """What came up to the first of `words`, OK when there are none."""
        self._port.write(f"{command}\r\n".encode())
        return self.wait(*(words or ("OK\r\n",)), command=command, seconds=seconds)

    def try_(self, command: str) -> None:
        """Send it, whatever it answers."""
        with suppress(RefusedError):
            self.ask(command)

    def wait(self, *words: str, command: str = "", seconds: float = 20) -> str:
        """What came up to the first of `words`; `RefusedError` at an ERROR before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self._heard.decode("latin-1")
            for word in (*words, "ERROR"):
                if word in text and (word != "ERROR" or "\r\n" in text[text.index(word) :]):
                    cut = text.index(word) + len(word)
                    self._heard = self._heard[cut:]
                    if word == "ERROR":
                        raise RefusedError(f"{command}: {text.strip()}")
                    return text[:cut]
            self._heard += self._port.read(4096)
        raise TimeoutError(f"{command}: heard {self._heard!r}")

    def data(self, count: int, seconds: float = 20) -> bytes:
        """The next `count` bytes."""
        end = time.monotonic() + seconds
        while len(self._heard) < count and time.monotonic() < end:
            self._heard += self._port.read(4096)
        taken, self._heard = self._heard[:count], self._heard[count:]
        return taken

    def send(self, data: bytes) -> None:
        """As it is."""
        self._port.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._port.close()


def gsm_modem(port: str, echo: int, web: int) -> str:
    """python-gsmmodem-new: who is there."""
    from gsmmodem.modem import GsmModem

    modem = GsmModem(port, 115200)
    modem.connect()
    try:
        return f"{modem.imei}, {modem.networkName}, signal {modem.signalStrength}"
    finally:
        modem.close()


def tiny_gsm(port: str, echo: int, web: int) -> str:
    """TinyGSM's way: scene, link 0, and data fetched with AT+CIPRXGET."""
    with Line(port) as line:
        for command in ("AT", "ATE0", "AT+CMEE=0", "AT+CLTS=1", "AT+CPIN?", "AT+CREG?", "ATI"):
            line.ask(command)
        for command in ("AT+CBATCHK=1", "AT+CIPSHUT", "AT+CGATT=0", "AT+SAPBR=0,1"):
            line.try_(command)
        for command in ('AT+SAPBR=3,1,"Contype","GPRS"', 'AT+CGDCONT=1,"IP",""'):
            line.ask(command)
        line.try_("AT+CGATT=1")
        line.try_("AT+CGACT=1,1")
        for command in ("AT+SAPBR=1,1", "AT+SAPBR=2,1", "AT+CGATT=1", "AT+CIPMUX=1"):
            line.ask(command)
        for command in ("AT+CIPQSEND=1", "AT+CIPRXGET=1", 'AT+CSTT="","",""', "AT+CIICR"):
            line.ask(command)
        line.ask("AT+CIFSR;E0")
        line.ask('AT+CDNSCFG="8.8.8.8","8.8.4.4"')
        line.ask(f'AT+CIPSTART=0,"TCP","127.0.0.1",{echo}', "CONNECT OK\r\n")
        line.ask("AT+CIPSEND=0,5", ">")
        line.send(b"hello")
        line.wait("DATA ACCEPT:0,5\r\n")
        line.wait("+CIPRXGET: 1,0\r\n")
        count = int(line.ask("AT+CIPRXGET=4,0").split(",")[2].split()[0])
        line.ask(f"AT+CIPRXGET=2,0,{count}", f"+CIPRXGET: 2,0,{count},0\r\n")
        heard = line.data(count)
        line.wait("OK\r\n")
        line.ask("AT+CIPCLOSE=0,1", "CLOSE OK\r\n")
        return f"heard {heard.decode()}"


def multi_link(port: str, echo: int, web: int) -> str:
    """Links 0 to 2, from the start: no scene of its own."""
    with Line(port) as line:
        for command in ("ATE0", "AT+CPIN?", "AT+CIPMUX=1", "AT+CIPQSEND=1", "AT+CIPRXGET=5"):
            line.ask(command)
        heard = []
        for link in range(3):
            line.ask(f'AT+CIPSTART={link},"TCP","127.0.0.1",{echo}', f"{link}, CONNECT OK\r\n")
        for link in range(3):
            line.ask(f"AT+CIPSEND={link},6", ">")
            line.send(b"link %d" % link)
            line.wait(f"+CIPRXGET: 1,{link}\r\n")
            line.ask(f"AT+CIPRXGET=2,{link},100", f"+CIPRXGET: 2,{link},6,0\r\n")
            heard.append(line.data(6).decode())
            line.wait("OK\r\n")
        line.ask("AT+CIPSHUT", "SHUT OK\r\n")
        return f"heard {', '.join(heard)}"


def forwarder(port: str, echo: int, web: int) -> str:
    """Short messages set up, each command must be answered with OK; then an HTTP POST."""
    with Line(port) as line:
        for command in ("AT", "ATE0", "AT+CMEE=1", 'AT+CSCS="GSM"', "AT+CMGF=1", "AT+CSDH=1"):
            line.ask(command)
        for command in ('AT+CPMS="SM","SM","SM"', "AT+CNMI=2,1,0,0,0", "AT+CMGD=1,4", "AT+CLIP=1"):
            line.ask(command)
        line.ask("AT+HTTPINIT")
        line.ask(f'AT+HTTPPARA="URL","http://127.0.0.1:{web}/report"')
        line.ask(f"AT+HTTPDATA={len(REPORT)},10000", "DOWNLOAD\r\n")
        line.send(REPORT)
        line.wait("OK\r\n")
        line.ask("AT+HTTPACTION=1", "+HTTPACTION: 1,200,")
        count = int(line.wait("\r\n"))
        line.ask("AT+HTTPREAD", f"+HTTPREAD: {count}\r\n")
        said = line.data(count)
        line.ask("AT+HTTPTERM")
        return f"server took {said.decode()}"


HOSTS: dict[str, Callable[[str, int, int], str]] = {
    "gsm_modem": gsm_modem,
    "tiny_gsm": tiny_gsm,
    "multi_link": multi_link,
    "forwarder": forwarder,
}


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(4096):
            self.request.sendall(data)


class _Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Say what came back to who sent it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not here."""


@contextmanager
def servers() -> Iterator[tuple[int, int]]:
    """The ports of an echo server and of a web server."""
    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as echo,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web) as web,
    ):
        echo.daemon_threads = True
        both = (echo, web)
        for server in both:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield echo.server_address[1], web.server_address[1]
        finally:
            for server in both:
                server.shutdown()


#: What a host needs.
INSTALL = {"gsm_modem": "pip install python-gsmmodem-new"}
#: A part of the time that a real network takes.
TIME_SCALE = 0.1


def run(model: str, echo: int, web: int) -> list[str]:
    """What became of each host on a module of `model`."""
    told = []
    for name, host in HOSTS.items():
        with atwin.twin(model, time_scale=TIME_SCALE) as module:
            try:
                said = host(module.port, echo, web)
            except ModuleNotFoundError as error:
                said = f"failed: no package {(error.name or '').partition('.')[0]}; {INSTALL[name]}"
            except Exception as error:  # of a library of others too
                said = f"failed: {error!r}"
        told.append(f"{model:13} {name:11} {said}")
    return told


def main() -> int:
    """Exit code 1 when a host did not come through."""
    with servers() as ports, ThreadPoolExecutor(len(MODELS)) as pool:
        lines = [line for told in pool.map(lambda m: run(m, *ports), MODELS) for line in told]
    print("\n".join(lines))
    return int(any(" failed: " in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
