"""AT+HTTP…: the commands of the HTTP chapter (docs/spec/http.md §3.1-§3.10)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.commands import DOWNLOAD
from atwin.at.dialect.results import HttpHead, HttpRead
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, Range, Tail, Text
from atwin.at.reply import Block, CmeError, Collect, Reply, frame_prompt
from atwin.twin.board.flash import BadName, FlashError
from atwin.twin.chapters.http.parameters import RECORD, Parameters
from atwin.twin.chapters.http.service import HttpService
from atwin.twin.engine.run import Commands, Run

_DATA_TIME = Range(1000, 120000)
_LONGEST_PATH = 255


class HttpCommands(Commands):
    """Requests with one buffer for both directions (docs/spec/http.md)."""

    title = "HTTP"

    def __init__(self, run: Run) -> None:
        self._http = run.find(HttpService)

    @command.execute("+HTTPINIT")
    def init(self) -> None:
        """Start the HTTP service: saved or default parameters, empty buffer."""
        self._http.begin()

    @command.execute("+HTTPTERM")
    def term(self) -> None:
        """End the HTTP service; a running request is broken off without a URC."""
        self._http.end()

    @command.set("+HTTPPARA", test=True)
    def para(
        self,
        tag: Annotated[str, Text("HTTPParamTag")],
        value: Annotated[Argument, Tail("HTTPParamValue")],
    ) -> None:
        """Set a parameter.

        Tags: CID 1-3, URL (500 bytes), UA, PROIP, PROPORT 0-65535, REDIR 0-1, BREAK and BREAKEND
        0-4294967295 (bytes), TIMEOUT 1-65535 s, CONTENT, USER_DEFINED (accumulates), USERDATA
        (replaces; `\\22` is a quote, `\\r\\n` separates header lines).
        """
        append = self._http.profile.quirks.userdata_append
        self._http.session.parameters.set(tag, value, append_user_data=append)

    @command.read("+HTTPPARA")
    def para_read(self) -> Reply:
        """All parameters, one line each."""
        return Reply(("+HTTPPARA: ", *self._http.session.parameters.shown()))

    @command.set("+HTTPDATA", test=True, last=True)
    def data(
        self,
        size: Annotated[int, Range(0, "post_limit")],
        time: Annotated[Argument | None, Late(_DATA_TIME)] = None,
    ) -> Collect | None:
        """Take <size> bytes to post, after `DOWNLOAD`, for at most <time> ms.

        Size 0 empties the buffer.
        """
        self._http.require_idle()
        if size == 0:
            self._http.buffer.clear()
            return None
        if time is None:
            raise BadArgument("time")
        seconds = _DATA_TIME.convert(time) / 1000

        def keep(data: bytes) -> None:
            self._http.buffer.clear()
            self._http.buffer.add(data)
            self._http.note_fill(len(data))

        return Collect(frame_prompt(DOWNLOAD), size, seconds, keep)

    @command.set("+HTTPACTION", test=True)
    def action(self, method: Annotated[int, Range(0, 2)]) -> None:
        """Start a request: 0 GET, 1 POST, 2 HEAD.

        `+HTTPACTION: <method>,<status>,<length>` says how it ended and what the buffer holds.
        """
        self._http.start_action(method)

    @command.execute("+HTTPREAD")
    def read_all(self) -> Block | None:
        """The whole buffer; it stays there."""
        self._http.require_idle()
        data = self._http.buffer.read()
        return Block(HttpRead(len(data)), data) if data else None

    @command.set("+HTTPREAD", test=True)
    def read_part(
        self,
        start: Annotated[int, Range(0, "read_max")],
        size: Annotated[int, Range(1, "read_max")],
    ) -> Block | None:
        """<size> bytes of the buffer from <start> on, or what there is of them."""
        self._http.require_idle()
        if not len(self._http.buffer):
            return None
        data = self._http.buffer.read(start, size)
        return Block(HttpRead(len(data)), data)

    @command.execute("+HTTPHEAD")
    def head(self) -> Block | None:
        """The header lines of the last response."""
        block = self._http.idle_session.head
        # The block's own last CR LF is sent but not counted (docs/spec/http.md §3.7).
        return Block(HttpHead(len(block)), block, tail=b"\r\n") if block else None

    @command.execute("+HTTPSCONT")
    def save(self) -> None:
        """Save the parameters (not TIMEOUT and CONTENT) for the next starts."""
        self._http.session.parameters.save(self._http.nvram)

    @command.read("+HTTPSCONT")
    def saved(self) -> Reply:
        """Mode 0 and the saved values, or mode 1 and the current ones when none are saved."""
        nvram = self._http.nvram
        if nvram.has(RECORD):
            return Reply(("+HTTPSCONT: 0", *Parameters.boot(nvram).saved_lines()))
        current = self._http.session.parameters if self._http.is_open else Parameters()
        return Reply(("+HTTPSCONT: 1", *current.saved_lines()))

    @command.set("+HTTPSSL", test=True)
    def set_ssl(self, on: Annotated[int, Range(0, 1)]) -> None:
        """TLS for URLs without a scheme: 0 off, 1 on; a scheme decides for itself."""
        if not self._http.tls.may_be_set:
            raise CmeError(Cme.NOT_ALLOWED)
        self._http.ssl = on

    @command.read("+HTTPSSL")
    def ssl(self) -> str:
        """The current value."""
        return f"+HTTPSSL: {self._http.ssl}"

    @command.set("+HTTPGET", needs="http_get")
    def get_to_file(self, path: Annotated[str, Text("path", _LONGEST_PATH)]) -> str:
        """Write the buffer to a file of the module."""
        self._http.require_idle()
        data = self._http.buffer.read()
        if not data:
            raise CmeError(Cme.NOT_ALLOWED)
        try:
            self._http.flash.write(path, data)
        except BadName:
            raise BadArgument(path) from None
        except FlashError:
            raise CmeError(Cme.MEMORY_FULL) from None
        return f"+HTTPGET: {len(data)}"
