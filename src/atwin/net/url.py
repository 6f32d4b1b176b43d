"""URLs as the module reads them (docs/spec/http.md §8)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes, urljoin

from atwin.text.parse import decimal

#: The ports that go without saying.
_PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*)://")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+)(?::([0-9]*))?")
_PORT_AT_END = re.compile(rb"(.*):([0-9]{1,5})", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http or https URL, in the pieces that a request needs."""

    #: "http" or "https".
    scheme: str
    #: Name or address, IPv6 without brackets.
    host: str
    #: 1-65535.
    port: int
    #: Path and query as given, byte for byte; never empty.
    target: bytes
    #: What stood in front of an `@`, still percent-encoded.
    userinfo: bytes = b""

    @classmethod
    def parse(cls, text: bytes, default_scheme: str = "http") -> Url:
        """Read a URL of HTTPPARA, whose port may come after the path (docs/spec/http.md §8).

        `default_scheme` serves a URL without one. Raises `ValueError` with one line.
        """
        return _parse(text, default_scheme, port_at_end=True)

    @property
    def secure(self) -> bool:
        """Whether it needs TLS."""
        return self.scheme == "https"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs share whose server may see the same secrets (RFC 9110 §4.3.1)."""
        return self.scheme, self.host.lower(), self.port

    @property
    def authority(self) -> bytes:
        """The Host header: the port is named unless it goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{host}{port}".encode("ascii")

    @property
    def absolute(self) -> bytes:
        """The whole URL as a proxy wants it, without userinfo."""
        return b"%b://%b%b" % (self.scheme.encode("ascii"), self.authority, self.target)

    @property
    def authorization(self) -> bytes | None:
        """The value of a Basic Authorization header, if the URL brought userinfo."""
        if not self.userinfo:
            return None
        user, _, password = self.userinfo.partition(b":")
        pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
        return b"Basic " + base64.b64encode(pair)

    def join(self, location: bytes) -> Url:
        """Where a Location header leads from here.

        Userinfo stays while the origin does, unless Location brings its own. Raises `ValueError`
        with one line: nothing is there, or no URL of http or https.
        """
        reference = location.strip(b" \t")
        _refuse_control(reference)
        if not reference:
            raise ValueError("an empty Location leads nowhere")
        if not _ABSOLUTE.match(reference):
            # Latin-1 takes every byte through urljoin unchanged.
            joined = urljoin(self.absolute.decode("latin-1"), reference.decode("latin-1"))
            reference = joined.encode("latin-1")
        elif not _SCHEME.match(reference):
            raise ValueError(f"Location {_show(reference)}: no URL of http or https")
        url = _parse(reference.replace(b" ", b"%20"), self.scheme, port_at_end=False)
        if self.userinfo and not url.userinfo and url.origin == self.origin:
            return replace(url, userinfo=self.userinfo)
        return url


def _parse(text: bytes, default_scheme: str, *, port_at_end: bool) -> Url:
    _refuse_control(text)
    scheme, rest = default_scheme, text
    if match := _SCHEME.match(text):
        scheme, rest = match[1].decode("ascii").lower(), text[match.end() :]
    if scheme not in _PORTS:
        raise ValueError(f"URL {_show(text)}: scheme {scheme!r}, but only http and https work")
    rest = rest.partition(b"#")[0]
    end = next((i for i, byte in enumerate(rest) if byte in b"/?"), len(rest))
    userinfo, _, authority = rest[:end].rpartition(b"@")
    target = rest[end:]
    host, port = _split_authority(text, authority)
    if port_at_end and port is None:
        target, port = _take_port(target)
    if not target.startswith(b"/"):
        target = b"/" + target
    return Url(scheme, host, port or _PORTS[scheme], target, userinfo)


def _split_authority(text: bytes, authority: bytes) -> tuple[str, int | None]:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise ValueError(f"URL {_show(text)}: no host name, or a port that is not a number")
    if not match[1].isascii():
        raise ValueError(f"URL {_show(text)}: the host name is not ASCII")
    if not match[2]:
        return match[1].decode("ascii").strip("[]"), None
    port = decimal(match[2])
    if port is None or not 1 <= port <= 65535:
        raise ValueError(f"URL {_show(text)}: the port is not in 1-65535")
    return match[1].decode("ascii").strip("[]"), port


def _take_port(target: bytes) -> tuple[bytes, int | None]:
    """The vendor's other place for a port: the end of a path without query."""
    match = _PORT_AT_END.fullmatch(target)
    if match is None or b"?" in target or not 1 <= int(match[2]) <= 65535:
        return target, None
    return match[1], int(match[2])


def _refuse_control(text: bytes) -> None:
    if _CONTROL.search(text):
        raise ValueError(f"URL {_show(text)}: control characters are not allowed")


def _show(text: bytes) -> str:
    return repr(text.decode("latin-1"))
