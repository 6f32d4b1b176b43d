"""The values of AT+HTTPPARA, their limits and escapes, the saved ones (docs/spec/http.md §3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from atwin.at.kinds import BadArgument, integer

if TYPE_CHECKING:
    from collections.abc import Container

    from atwin.at.grammar import Argument
    from atwin.twin.board.nvram import Nvram

RECORD = "http"
_BIGGEST = 4_294_967_295
#: Bytes of USERDATA, and of each USER_DEFINED.
_LONGEST_HEADERS = 512

NO_PROXY = "0.0.0.0"
#: What no header line can hold, and no URL.
_CONTROL = re.compile(r"[\x00\r\n]")
_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")


@dataclass(frozen=True, slots=True)
class _Text:
    """Strings of at most `longest` bytes without control characters."""

    longest: int
    form: re.Pattern[str] | None = None

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        if len(text) > self.longest or _CONTROL.search(text):
            return False
        return self.form is None or self.form.fullmatch(text) is not None


#: Tag: field, and what it takes.
_NUMBERS: dict[str, tuple[str, range]] = {
    "CID": ("cid", range(1, 4)),
    "PROPORT": ("proxy_port", range(65536)),
    "REDIR": ("redirect", range(2)),
    "BREAK": ("range_from", range(_BIGGEST + 1)),
    "BREAKEND": ("range_to", range(_BIGGEST + 1)),
    "TIMEOUT": ("timeout", range(1, 65536)),
}
_STRINGS = {
    "URL": ("url", _Text(500)),
    "UA": ("user_agent", _Text(256)),
    "PROIP": ("proxy_host", _Text(15, _IPV4)),
    "CONTENT": ("content_type", _Text(256)),
}
_ALLOWED: dict[str, Container[Any]] = dict((*_NUMBERS.values(), *_STRINGS.values()))

#: What HTTPSCONT stores, in the order it prints it; and what HTTPPARA prints.
_SAVED = ("CID", "URL", "UA", "PROIP", "PROPORT", "REDIR", "BREAK", "BREAKEND", "USERDATA")
_SHOWN = (*_SAVED[:-1], "TIMEOUT", "CONTENT", "USERDATA")

_FIELDS = {tag: field for tag, (field, _) in (*_NUMBERS.items(), *_STRINGS.items())}
_FIELDS["USERDATA"] = "user_data"


@dataclass(slots=True)
class Parameters:
    """One session's parameters, at the vendor's defaults. Times in seconds."""

    cid: int = 1
    url: str = ""
    user_agent: str = "AM_MODULE"
    proxy_host: str = NO_PROXY
    proxy_port: int = 0
    redirect: int = 0
    range_from: int = 0
    range_to: int = 0
    timeout: int = 120
    content_type: str = ""
    user_data: str = ""
    user_defined: list[str] = field(default_factory=list)

    @classmethod
    def boot(cls, nvram: Nvram) -> Parameters:
        """What HTTPSCONT saved, or the defaults."""
        saved = {tag: _FIELDS[tag] for tag in _SAVED}
        return nvram.restore(RECORD, cls(), _ALLOWED, saved)

    def snapshot(self) -> Parameters:
        """A copy that HTTPPARA cannot change any more."""
        return replace(self, user_defined=list(self.user_defined))

    def save(self, nvram: Nvram) -> None:
        """AT+HTTPSCONT: the decoded values, for the next boot."""
        nvram.store(RECORD, {tag: getattr(self, _FIELDS[tag]) for tag in _SAVED})

    def set(self, tag: str, value: Argument, *, append_user_data: bool = False) -> None:
        """AT+HTTPPARA=<tag>,<value>. Raises `BadArgument`: unknown tag, bad or too long value."""
        tag = tag.upper()
        if not value.quoted and "," in value.text:
            raise BadArgument(value.text)
        if tag in _NUMBERS:
            self._set(*_NUMBERS[tag], integer(value))
        elif tag in _STRINGS:
            self._set(*_STRINGS[tag], value.text)
        elif tag == "USER_DEFINED":
            self.user_defined.append(_decode(value.text))
        elif tag == "USERDATA":
            old = f"{self.user_data}\r\n" if append_user_data and self.user_data else ""
            self.user_data = old + _decode(value.text)
        else:
            raise BadArgument(tag)

    def shown(self) -> tuple[str, ...]:
        """The lines of AT+HTTPPARA?."""
        return tuple(self._line(tag) for tag in _SHOWN)

    def saved_lines(self) -> tuple[str, ...]:
        """The lines of AT+HTTPSCONT?."""
        return tuple(self._line(tag) for tag in _SAVED)

    @property
    def proxy(self) -> tuple[str, int] | None:
        """Host and port of the proxy, when both are set."""
        if self.proxy_host == NO_PROXY or self.proxy_port == 0:
            return None
        return self.proxy_host, self.proxy_port

    @property
    def range_header(self) -> bytes | None:
        """The Range that BREAK and BREAKEND ask for (docs/spec/http.md §7)."""
        first, last = self.range_from, self.range_to
        if first == last == 0:
            return None
        end = str(last) if last >= first else ""
        return f"bytes={first}-{end}".encode("ascii")

    @property
    def user_headers(self) -> list[tuple[bytes, bytes]]:
        """The header lines of USER_DEFINED, in order, then those of USERDATA."""
        headers: list[tuple[bytes, bytes]] = []
        for block in (*self.user_defined, self.user_data):
            for line in block.split("\r\n"):
                name, colon, value = line.partition(":")
                if colon and name.strip(" \t"):
                    pair = (name.strip(" \t"), value.strip(" \t"))
                    headers.append((pair[0].encode("latin-1"), pair[1].encode("latin-1")))
        return headers

    def _set(self, field: str, allowed: Container[Any], value: Any) -> None:
        if value not in allowed:
            raise BadArgument(str(value))
        setattr(self, field, value)

    def _line(self, tag: str) -> str:
        value = getattr(self, _FIELDS[tag])
        return f"{tag}: {_encode(value) if tag == 'USERDATA' else value}"


def _decode(text: str) -> str:
    r"""`\22` and the four characters `\r\n` as the vendor writes them; nothing else.

    Blank lines go, so that no value can end the header block early.
    """
    if len(text) > _LONGEST_HEADERS or _CONTROL.search(text):
        raise BadArgument(text)
    plain = text.replace("\\22", '"').replace("\\r\\n", "\r\n")
    lines = (line.strip(" \t") for line in plain.split("\r\n"))
    return "\r\n".join(line for line in lines if line)


def _encode(text: str) -> str:
    return text.replace('"', "\\22").replace("\r\n", "\\r\\n")
