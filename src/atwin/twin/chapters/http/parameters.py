"""The values of AT+HTTPPARA, their limits and escapes, and the saved ones (spec: http.md §3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from atwin.at.kinds import BadArgument, integer

if TYPE_CHECKING:
    from atwin.at.grammar import Argument
    from atwin.twin.board.nvram import Nvram, Record

_RECORD = "http"
_BIGGEST = 4_294_967_295

#: Tag: field, lowest and highest value.
_NUMBERS = {
    "CID": ("cid", 1, 3),
    "PROPORT": ("proxy_port", 0, 65535),
    "REDIR": ("redirect", 0, 1),
    "BREAK": ("range_from", 0, _BIGGEST),
    "BREAKEND": ("range_to", 0, _BIGGEST),
    "TIMEOUT": ("timeout", 1, 65535),
}
#: Tag: field, longest value in bytes.
_STRINGS = {
    "URL": ("url", 500),
    "UA": ("user_agent", 256),
    "PROIP": ("proxy_host", 15),
    "CONTENT": ("content_type", 256),
}
_LONGEST_HEADERS = 512

#: What HTTPSCONT stores, in the order it prints it.
_SAVED = ("CID", "URL", "UA", "PROIP", "PROPORT", "REDIR", "BREAK", "BREAKEND", "USERDATA")
_SHOWN = (*_SAVED[:-1], "TIMEOUT", "CONTENT", "USERDATA")

_FIELDS = {
    **{tag: name for tag, (name, _, _) in _NUMBERS.items()},
    **{tag: name for tag, (name, _) in _STRINGS.items()},
    "USERDATA": "user_data",
}

NO_PROXY = "0.0.0.0"
#: What no header line can hold, and no URL.
_CONTROL = re.compile(r"[\x00\r\n]")
_IPV4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


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
        parameters = cls()
        for tag, value in (nvram.load(_RECORD) or {}).items():
            if tag in _SAVED:
                setattr(parameters, _FIELDS[tag], value)
        return parameters

    def snapshot(self) -> Parameters:
        """A copy that HTTPPARA cannot change any more."""
        return replace(self, user_defined=list(self.user_defined))

    def save(self, nvram: Nvram) -> None:
        """AT+HTTPSCONT: the decoded values, for the next boot."""
        nvram.store(_RECORD, self._record())

    def set(self, tag: str, value: Argument, *, append_user_data: bool = False) -> None:
        """AT+HTTPPARA=<tag>,<value>. Raises `BadArgument`: unknown tag, bad or too long value."""
        tag = tag.upper()
        if not value.quoted and "," in value.text:
            raise BadArgument(value.text)
        if tag in _NUMBERS:
            name, low, high = _NUMBERS[tag]
            number = integer(value)
            if not low <= number <= high:
                raise BadArgument(value.text)
            setattr(self, name, number)
        elif tag in _STRINGS:
            self._set_string(tag, value.text)
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
        """The Range that BREAK and BREAKEND ask for (spec: http.md §7)."""
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

    def _set_string(self, tag: str, text: str) -> None:
        name, longest = _STRINGS[tag]
        if len(text) > longest or _CONTROL.search(text) or (tag == "PROIP" and not _is_ipv4(text)):
            raise BadArgument(text)
        setattr(self, name, text)

    def _line(self, tag: str) -> str:
        value = getattr(self, _FIELDS[tag])
        return f"{tag}: {_encode(value) if tag == 'USERDATA' else value}"

    def _record(self) -> Record:
        return {tag: getattr(self, _FIELDS[tag]) for tag in _SAVED}


def is_saved(nvram: Nvram) -> bool:
    """Whether HTTPSCONT has stored anything."""
    return nvram.load(_RECORD) is not None


def _is_ipv4(text: str) -> bool:
    match = _IPV4.fullmatch(text)
    return match is not None and all(int(part) <= 255 for part in match.groups())


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
