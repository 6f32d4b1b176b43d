"""A small scripted module, for what a well-behaved twin cannot do: silence, garbage, odd firmware.

`FakeServer` is the file behind every URL; both have knobs that tests turn while they run.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.ports.memory import MemoryPort


@dataclass
class Asked:
    """One request the server saw: `first` and `last` of the range, None without one."""

    method: str
    first: int | None = None
    last: int | None = None
    headers: str = ""
    body: bytes = b""


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class FakeServer:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.etag: str | None = '"v1-AbC"'
        self.modified: str | None = "Wed, 08 Jan 2020 08:29:29 GMT"
        self.ranges = True
        self.if_range = True
        self.head_status = 200
        self.head_length: int | None = len(data)
        self.asked: list[Asked] = []
        #: Statuses the module reports instead of asking, one an action; None lets it pass.
        self.failures: list[int | None] = []
        #: Called with each request before it is answered.
        self.before: Callable[[Asked], None] = lambda asked: None
        #: Replaces the answer when it returns one.
        self.instead: Callable[[Asked], Answer | None] = lambda asked: None

    def fetched(self) -> list[tuple[int | None, int | None]]:
        return [(a.first, a.last) for a in self.asked if a.method == "GET"]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        self.before(asked)
        if (instead := self.instead(asked)) is not None:
            return instead
        headers = {"Server": "Fake/1.0", "Date": "Thu, 16 Jan 2020 06:50:58 GMT"}
        if self.etag:
            headers["ETag"] = self.etag
        if self.modified:
            headers["Last-Modified"] = self.modified
        if asked.method == "HEAD":
            if self.head_length is not None:
                headers["Content-Length"] = str(self.head_length)
            return Answer(self.head_status, b"", headers)
        total = len(self.data)
        matches = (
            not self.if_range
            or "If-Range" not in asked.headers
            or (self._condition(asked.headers) in (self.etag, self.modified))
        )
        if asked.first is None or not self.ranges or not matches:
            return Answer(200, self.data, headers | {"Content-Length": str(total)})
        if asked.first >= total:
            return Answer(416, b"no such range", headers | {"Content-Range": f"bytes */{total}"})
        last = total - 1 if asked.last is None else min(asked.last, total - 1)
        part = self.data[asked.first : last + 1]
        span = f"bytes {asked.first}-{last}/{total}"
        return Answer(
            206, part, headers | {"Content-Range": span, "Content-Length": str(len(part))}
        )

    @staticmethod
    def _condition(headers: str) -> str:
        match = re.search(r"If-Range: ([^\r\n]*)", headers)
        return match[1] if match else ""


class FakeModule:
    """Hangs on one end of a memory pair."""

    def __init__(
        self,
        port: MemoryPort,
        server: FakeServer | None = None,
        *,
        buffer: int = 319488,
        limit: int = 319488,
        streams: bool = False,
        lowercase: bool = False,
        echo: bool = True,
        tells_streams: bool = False,
    ) -> None:
        """`tells_streams`: HTTPHEAD knows the header block of a stream too."""
        self.port = port
        self.server = server or FakeServer(b"")
        self.limit, self.capacity = limit, buffer
        self.tells_streams = tells_streams
        self.streams, self.lowercase, self.echo = streams, lowercase, echo
        model, firmware = _WHO.get((limit, streams), ("Unknown", "UNKNOWN_V1"))
        self._says = {**ANSWERS, "AT+CGMM": f'+CGMM: "{model}"', "ATI": firmware}
        self.heard: list[str] = []
        #: Raw answers by command start; None is silence. A callable decides each time.
        self.instead: dict[str, bytes | Callable[[str], bytes | None] | None] = {}
        #: Raw output in place of that of the next HTTPREADs, made from it.
        self.spoil: list[Callable[[bytes], bytes]] = []
        self.inited = False
        self.bearer_open = False
        self.parameters: dict[str, str] = {}
        self.user_lines: list[str] = []
        self.buffer = b""
        self.head = b""
        self.action_seconds = 0.1
        self._line = bytearray()
        self._data_left = 0
        self._data = bytearray()
        self._data_done: Callable[[bytes], None] = lambda data: None
        self._stream = b""
        self._stream_end = ""
        self._last_was_cr = False
        port.start(self)

    # --- line -----------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        for value in data:
            if self._last_was_cr and value == 0x0A:
                self._last_was_cr = False
                continue
            self._last_was_cr = value == 0x0D
            if self._data_left:
                self._last_was_cr = False
                self._data.append(value)
                self._data_left -= 1
                if not self._data_left:
                    whole = bytes(self._data)
                    self._data.clear()
                    self._data_done(whole)
            elif value == 0x0D:
                line = self._line.decode("latin-1")
                self._line.clear()
                if self.echo and line:
                    self.port.write(line.encode("latin-1") + b"\r")
                if line:
                    self._run(line)
            elif value != 0x0A:
                self._line.append(value)

    def lost(self, reason: str | None) -> None:
        pass

    def say(self, text: str) -> None:
        self.port.write(f"\r\n{text}\r\n".encode("latin-1"))

    def _body(self, name: str, body: bytes, gap: bytes = b"") -> None:
        output = f"\r\n{name}: {len(body)}\r\n".encode() + body + gap + b"\r\nOK\r\n"
        if name in ("+HTTPREAD", "+HTTPEXGET") and self.spoil:
            output = self.spoil.pop(0)(output)
        self.port.write(output)

    # --- commands -------------------------------------------------------------------------------

    def _run(self, line: str) -> None:
        self.heard.append(line)
        for start, answer in self.instead.items():
            if line.startswith(start):
                raw = answer(line) if callable(answer) else answer
                if raw is not None:
                    self.port.write(raw)
                return
        name, _, value = line.removeprefix("AT").partition("=")
        method = getattr(self, "_" + re.sub(r"\W", "_", name.lower()).strip("_"), None)
        if method is not None:
            method(value)
        elif line in ("AT", "ATE0", "AT+CMEE=1"):
            self.say("OK")
        elif line in self._says:
            self.say(f"{self._says[line]}\r\n\r\nOK")
        else:
            self.say("ERROR")

    def _sapbr(self, value: str) -> None:
        match value[0]:
            case "1" if self.bearer_open:
                self.say("+CME ERROR: 3")
            case "1":
                self.bearer_open = True
                self.say("OK")
            case "0" if self.bearer_open:
                self.bearer_open = False
                self.say("OK")
            case "0":
                self.say("+CME ERROR: 3")
            case "2":
                state = '1,1,"10.0.0.7"' if self.bearer_open else '1,3,"0.0.0.0"'
                self.say(f"+SAPBR: {state}\r\n\r\nOK")
            case _:
                self.say("OK")

    def _httpinit(self, value: str) -> None:
        if self.inited:
            self.say("+CME ERROR: 3")
            return
        self.inited = True
        self.parameters, self.user_lines, self.buffer, self.head = {}, [], b"", b""
        self.say("OK")

    def _httpterm(self, value: str) -> None:
        self.say("OK" if self.inited else "+CME ERROR: 3")
        self.inited = False

    def _httppara(self, value: str) -> None:
        if not self.inited:
            self.say("+CME ERROR: 3")
            return
        tag, _, text = value.partition(",")
        text = text[1:-1] if text.startswith('"') else text
        if tag == '"USER_DEFINED"':
            self.user_lines.append(text)
        self.parameters[tag.strip('"')] = text
        self.say("OK")

    def _httpdata(self, value: str) -> None:
        if value == "?":
            self.say(f"+HTTPDATA: (0-{self.limit}),(1000-120000)\r\n\r\nOK")
            return
        size = int(value.split(",")[0])
        if size > self.limit:
            self.say("+CME ERROR: 53")
        elif not size:
            self.buffer = b""
            self.say("OK")
        else:
            self.say("DOWNLOAD")
            self._collect(size, self._hold)

    def _hold(self, data: bytes) -> None:
        self.buffer = data
        self.say("OK")

    def _collect(self, size: int, done: Callable[[bytes], None]) -> None:
        self._data_left, self._data_done = size, done

    def _httpread(self, value: str) -> None:
        if value == "?":
            self.say(f"+HTTPREAD: (0-{self.limit}),(1-{self.limit})\r\n\r\nOK")
        elif not self.buffer:
            self.say("OK")
        elif value:
            start, size = map(int, value.split(","))
            self._body("+HTTPREAD", self.buffer[start : start + size])
        else:
            self._body("+HTTPREAD", self.buffer)

    def _httphead(self, value: str) -> None:
        if self.head:
            self._body("+HTTPHEAD", self.head, b"\r\n")
        else:
            self.say("OK")

    def _httpaction(self, value: str) -> None:
        if not self.inited:
            self.say("+CME ERROR: 3")
            return
        self.say("OK")
        method = ("GET", "POST", "HEAD")[int(value)]
        asked = Asked(method, headers=self._user_headers(), body=self.buffer)
        if method == "GET":
            asked.first, asked.last = self._range()
        if method != "POST":
            asked.body = b""

        def finish() -> None:
            failure = self.server.failures.pop(0) if self.server.failures else None
            if failure is not None:
                self.say(f"+HTTPACTION: {value},{failure},0")
                return
            answer = self.server.answer(asked)
            self._keep_head(answer)
            self.buffer = answer.body[: self.capacity]
            status = 602 if len(answer.body) > self.capacity else answer.status
            self.say(f"+HTTPACTION: {value},{status},{len(self.buffer)}")

        asyncio.get_running_loop().call_later(self.action_seconds, finish)

    def _keep_head(self, answer: Answer) -> None:
        block = "\r\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.head = (block.lower() if self.lowercase else block).encode()

    def _user_headers(self) -> str:
        lines = [*self.user_lines, self.parameters.get("USERDATA", "")]
        return "\r\n".join(lines).replace("\\22", '"').replace("\\r\\n", "\r\n")

    def _range(self) -> tuple[int | None, int | None]:
        first, last = (int(self.parameters.get(k, "0")) for k in ("BREAK", "BREAKEND"))
        if first == last == 0:
            match = re.search(r"Range: bytes=(\d+)-(\d+)", self._user_headers())
            return (int(match[1]), int(match[2])) if match else (None, None)
        return first, last if last >= first else None

    # --- streaming ------------------------------------------------------------------------------

    def _httpexaction(self, value: str) -> None:
        if not self.streams:
            self.say("ERROR")
            return
        self.say("OK" if value != "?" else "+HTTPEXACTION: (0-1)\r\n\r\nOK")
        if value.startswith("0"):
            match = re.search(r"Range: bytes=(\d+)-", self._user_headers())
            asked = Asked("GET", int(match[1]) if match else None, headers=self._user_headers())
            asyncio.get_running_loop().call_later(self.action_seconds, self._respond, 0, asked)
        elif value.startswith("1"):
            self._posting = int(value.split(",")[1])
            self._posted = b""
            self.say("+HTTPEXPOST")

    def _respond(self, method: int, asked: Asked) -> None:
        failure = self.server.failures.pop(0) if self.server.failures else None
        if failure is not None and failure >= 0:
            self.say(f"+HTTPEXACTION: {method},{failure}")
            return
        answer = self.server.answer(asked)
        if self.tells_streams:
            self._keep_head(answer)
        self._stream = answer.body
        self._stream_end = f"+HTTPEXACTION: {method},{answer.status}"
        if failure is not None:
            # A negative number: the connection is cut after that many bytes.
            self._stream = answer.body[:-failure]
            self._stream_end = f"+HTTPEXACTION: {method},601"
        self.say("+HTTPEXGET" if self._stream else self._stream_end)

    def _httpexget(self, value: str) -> None:
        piece, self._stream = self._stream[:3880], self._stream[3880:]
        self._body("+HTTPEXGET", piece)
        self.say("+HTTPEXGET" if self._stream else self._stream_end)

    def _httpexpost(self, value: str) -> None:
        size = int(value.split(",")[0])
        self.port.write(b"\r\n>")
        self._collect(size, self._take_post)

    def _take_post(self, data: bytes) -> None:
        self._posted += data
        self.say("OK")
        self.say(f"+HTTPEXPOST: {len(data)}")
        if len(self._posted) == self._posting:
            self._respond(1, Asked("POST", headers=self._user_headers(), body=self._posted))


ANSWERS = {
    "AT+CPIN?": "+CPIN: READY",
    "AT+CSQ": "+CSQ: 22,0",
    "AT+CGATT?": "+CGATT: 1",
    "AT+CEREG?": "+CEREG: 0,1",
    "AT+CGMI": '+CGMI: "AirM2M"',
}

#: Model and firmware by limit, and whether it streams; any other says something unknown.
_WHO = {
    (319_488, False): ("Air724UG", "AirM2M_Air724UG_V401881_LTE_AT"),
    (130_048, True): ("Air780E", "AirM2M_780E_V1167_LTE_LSAT"),
    (3_356, True): ("Air780E", "AirM2M_780E_V1169_LTE_AT"),
}
