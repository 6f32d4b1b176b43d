"""Fetch a file through a module at a UART, in ranges, and tell its SHA-256.

    micropython fetch.py PORT URL [FILE]

On a board `machine.UART` is there, and PORT is its number.
"""

import binascii
import hashlib
import sys
import time

try:
    from machine import UART
except ImportError:  # on a computer
    from uart import UART

PIECE = 1024


class ATError(Exception):
    pass


class Module:
    def __init__(self, uart):
        self.uart = uart

    def line(self, seconds):
        """The next line that is not empty."""
        since = time.ticks_ms()
        text = b""
        while time.ticks_diff(time.ticks_ms(), since) < seconds * 1000:
            text += self.uart.readline() or b""
            if text.endswith(b"\n"):
                if text.strip():
                    return text.strip().decode()
                text = b""
        raise ATError("silence")

    def ask(self, command, seconds=5):
        """The lines of the answer."""
        self.uart.write(command.encode() + b"\r")
        lines = []
        while True:
            line = self.line(seconds)
            if line == "OK":
                return lines
            if line == "ERROR" or line.startswith("+CME ERROR"):
                raise ATError(command + ": " + line)
            lines.append(line)

    def wait(self, beginning, seconds):
        """The rest of the next line that begins so."""
        while True:
            line = self.line(seconds)
            if line.startswith(beginning):
                return line[len(beginning) :]

    def bring_up(self):
        for _ in range(20):
            try:
                self.ask("ATE0", 0.5)
                break
            except ATError:
                pass
        while self.ask("AT+CGATT?") != ["+CGATT: 1"]:
            time.sleep(0.5)
        self.ask('AT+SAPBR=3,1,"CONTYPE","GPRS"')
        if not self.ask("AT+SAPBR=2,1")[0].startswith("+SAPBR: 1,1,"):
            self.ask("AT+SAPBR=1,1", 90)

    def begin(self, url):
        """A session; how much of a body the module can hand over."""
        try:
            self.ask("AT+HTTPTERM")
        except ATError:
            pass
        self.ask("AT+HTTPINIT")
        self.ask('AT+HTTPPARA="CID",1')
        self.ask('AT+HTTPPARA="URL","%s"' % url)
        most = self.ask("AT+HTTPREAD=?")[0]  # +HTTPREAD: (0-3356),(1-3356)
        return int(most.split("-")[1].split(")")[0])

    def request(self, method, good):
        """The size of the body."""
        self.ask("AT+HTTPACTION=%d" % method)
        _, status, size = self.wait("+HTTPACTION: ", 130).split(",")
        if int(status) not in good:
            raise ATError("status " + status)
        return int(size)

    def size(self):
        self.request(2, (200,))
        for line in self.ask("AT+HTTPHEAD"):
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                return int(value)
        raise ATError("no Content-Length")

    def piece(self, at, count):
        """So many bytes of the body."""
        self.uart.write(b"AT+HTTPREAD=%d,%d\r" % (at, count))
        if self.wait("+HTTPREAD: ", 5) != str(count):
            raise ATError("another size")
        data = self.uart.read(count)
        if len(data or b"") != count or self.line(5) != "OK":
            raise ATError("bytes were lost")
        return data


def pieces(module, url):
    """The file."""
    most = min(module.begin(url), 65536)
    size = module.size()
    for begin in range(0, size, most):
        count = min(most, size - begin)
        module.ask('AT+HTTPPARA="BREAK",%d' % begin)
        module.ask('AT+HTTPPARA="BREAKEND",%d' % (begin + count - 1))
        if module.request(0, (206,) if count < size else (200, 206)) != count:
            raise ATError("another size: does the server know ranges?")
        for at in range(0, count, PIECE):
            yield module.piece(at, min(PIECE, count - at))
    module.ask("AT+HTTPTERM")


def main(port, url, path=None):
    module = Module(UART(int(port) if port.isdigit() else port, 115200, timeout=500))
    module.bring_up()
    digest = hashlib.sha256()
    size = 0
    file = open(path, "wb") if path else None
    for data in pieces(module, url):
        digest.update(data)
        size += len(data)
        if file:
            file.write(data)
    if file:
        file.close()
    print(size, "bytes, sha256", binascii.hexlify(digest.digest()).decode())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ATError as error:
        print(error)
        sys.exit(1)
