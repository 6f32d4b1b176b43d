"""Names that lead where somebody says, whatever name servers know: curl's --resolve.

The name itself stays what it is: TLS and HTTP send it unchanged.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.network import (
    PLAIN,
    ConnectError,
    UnansweredError,
    address_and_port,
    is_literal,
)
from atwin.net.wrapper import NetworkWrapper
from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atwin.net.network import NameServers, Network, Pong, SocketOptions, Stream

log = logging.getLogger("atwin.net")

#: Rules of one twin.
MOST_RULES = 256
#: Look-ups that are remembered (see `Hosts.looked_up`).
_LOOKED_UP = 32
#: How many refused names are reported, in one network.
_MOST_TOLD = 256

_NAME = re.compile(r"\*|(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_LONGEST_NAME = 255
_PART = r"\[[^\[\]]+\]|[^:\[\]]+"
_RULE = re.compile(rf"((?:{_PART})(?::[0-9]+)?):((?:{_PART})(?::[0-9]+)?)")
_HOST_PORT = re.compile(rf"({_PART})(?::([0-9]{{1,9}}))?")
_FORM = "NAME[:PORT]:ADDRESS[:PORT], such as ota.example.com:80:127.0.0.1:8080"


class NamedAddress(str):
    """An address that is there for a name."""

    __slots__ = ("name",)
    name: str

    @classmethod
    def of(cls, address: str, name: str) -> NamedAddress:
        """`address`, found for `name`."""
        made = cls(address)
        made.name = name
        return made


@dataclass(frozen=True, slots=True)
class _Place:
    address: str
    #: None is the one that was asked for.
    port: int | None

    def __str__(self) -> str:
        both = address_and_port(self.address, self.port)
        return both.removesuffix(":None")


class Hosts(MutableMapping[str, str]):
    """`NAME[:PORT]` of a server, and the `ADDRESS[:PORT]` to use for it: a table that may change.

    `*.example.com` stands for every name below example.com, `*` for every name; an address in
    place of a NAME stands for itself alone. The longest name counts, and one with its port first.
    Whatever cannot be is a `ValueError` of one line. Any thread may change it.
    """

    def __init__(self, rules: Mapping[str, str | tuple[str, int]] | None = None) -> None:
        self._rules: dict[str, dict[int | None, _Place]] = {}
        self._looked_up: deque[tuple[str, str]] = deque(maxlen=_LOOKED_UP)
        #: Whether there is nothing else in the world.
        self.offline = False
        self.change(rules or {})

    def __getitem__(self, key: str) -> str:
        name, port = _key(key)
        try:
            return str(self._rules[name][port])
        except KeyError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: str | tuple[str, int]) -> None:
        self.change({key: value})

    def __delitem__(self, key: str) -> None:
        self[key]
        self.change({key: None})

    def __iter__(self) -> Iterator[str]:
        for name, rules in self._rules.items():
            for port in rules:
                yield name if port is None else address_and_port(name, port)

    def __len__(self) -> int:
        return sum(map(len, self._rules.values()))

    def change(self, rules: Mapping[str, str | tuple[str, int] | None]) -> None:
        """Set and, by None, remove: all of it or nothing. Raises `ValueError`."""
        changed = {name: dict(ports) for name, ports in self._rules.items()}
        for key, value in rules.items():
            name, port = _key(key)
            ports = changed.setdefault(name, {})
            if value is None:
                ports.pop(port, None)
            else:
                try:
                    ports[port] = _target(value)
                except ValueError as error:
                    raise ValueError(f"{shown(key, limit=80)}: {error}") from None
        if sum(map(len, changed.values())) > MOST_RULES:
            raise ValueError(f"at most {MOST_RULES} names")
        self._rules = {name: ports for name, ports in changed.items() if ports}

    def decides(self, host: str) -> bool:
        """Whether no name server is to be asked about `host`."""
        return not is_literal(host) and (self.offline or self.address(host) is not None)

    def address(self, host: str) -> NamedAddress | None:
        """What `host` is said to be at; None when nothing is said of it."""
        for rules in self._of(host):
            target = rules.get(None) or next(iter(rules.values()))
            return NamedAddress.of(target.address, host)
        return None

    def way(self, address: str, port: int) -> tuple[str, int] | None:
        """Where a connection to `address` is to go; None when nothing is said of it."""
        names = [address.name] if isinstance(address, NamedAddress) else [address]
        # A connection to an address that a name was looked up for counts as one to that name.
        names += [name for found, name in self._looked_up if found == address]
        for name in names:
            for rules in self._of(name):
                if target := rules.get(port) or rules.get(None):
                    return target.address, target.port or port
        return None

    def looked_up(self, address: str) -> None:
        """The module has been told `address`, and may go there by it."""
        if isinstance(address, NamedAddress):
            self._looked_up.appendleft((str(address), address.name))

    def is_target(self, address: str, port: int | None = None) -> bool:
        """Whether some name leads to `address`, and to its `port` if there is one."""
        targets = [target for rules in self._rules.values() for target in rules.values()]
        return any(
            target.address == address and (port is None or target.port in (None, port))
            for target in targets
        )

    def _of(self, host: str) -> Iterator[dict[int | None, _Place]]:
        """The rules for `host`, those of the longest name first."""
        name = host.lower().removesuffix(".")
        names = [name]
        if not is_literal(name):
            labels = name.split(".")
            names += [".".join(("*", *labels[place:])) for place in range(1, len(labels))]
            names.append("*")
        return (self._rules[name] for name in names if name in self._rules)


def parse_rule(text: str) -> tuple[str, str]:
    """Key and value of `NAME[:PORT]:ADDRESS[:PORT]`. Raises `ValueError`."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError(f"'{shown(text, limit=80)}': give {_FORM}")
    _key(match[1])
    _target(match[2])
    return match[1], match[2]


def _key(key: object) -> tuple[str, int | None]:
    """A name in lower case, and its port."""
    name, port = _parts(key)
    name = name.lower().removesuffix(".")
    is_name = _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME
    if not (is_literal(name) or is_name) or not _is_port(port):
        raise ValueError(
            f"'{shown(str(key), limit=80)}': give a name, *.example.com or *; "
            "a :PORT after it is from 1 to 65535"
        )
    return name, port


def _target(value: object) -> _Place:
    if isinstance(value, tuple | list) and len(value) == 2:
        value = address_and_port(*map(str, value))
    address, port = _parts(value)
    if not is_literal(address) or not _is_port(port):
        raise ValueError(
            f"'{shown(str(value), limit=80)}': give an address, such as 127.0.0.1 or [::1]; "
            "a :PORT after it is from 1 to 65535"
        )
    return _Place(address, port)


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port < 65_536


def _parts(text: object) -> tuple[str, int | None]:
    """What stands before the port, without brackets, and the port; nothing of what is neither."""
    if not isinstance(text, str):
        return "", None
    if is_literal(text):
        return text, None
    match = _HOST_PORT.fullmatch(text)
    if match is None:
        return "", None
    host = match[1][1:-1] if match[1].startswith("[") else match[1]
    return host, None if match[2] is None else int(match[2])


class HostsNetwork(NetworkWrapper):
    """`inner`, where names lead to what `hosts` says."""

    def __init__(self, inner: Network, hosts: Hosts) -> None:
        super().__init__(inner)
        self.hosts = hosts
        self._told: set[str] = set()

    async def resolve(self, host: str, servers: NameServers | None = None) -> str:
        if (address := self.hosts.address(host)) is not None:
            return address
        if self.hosts.offline and not is_literal(host):
            self._tell_refused(host)
            raise UnansweredError(f"no address for {host!r}: offline, and no rule names it")
        return await self.inner.resolve(host, servers)

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return await self.inner.connect(*await self._way(address, port), options)

    async def open_udp(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        return await self.inner.open_udp(*await self._way(address, port), options)

    async def ping(self, address: str, size: int, ttl: int) -> Pong:
        if self.hosts.offline and not self.hosts.is_target(address):
            raise self._refused(address)
        return await self.inner.ping(address, size, ttl)

    async def _way(self, address: str, port: int) -> tuple[str, int]:
        """Raises `ConnectError` for a host that must not be reached."""
        if (way := self.hosts.way(address, port)) is not None:
            return way
        name = address.name if isinstance(address, NamedAddress) else address
        if self.hosts.offline and not (name == address and self.hosts.is_target(address, port)):
            raise self._refused(address_and_port(name, port))
        # Something is said of other ports of this name: here it is what it always was.
        return await self.inner.resolve(name), port

    def _refused(self, what: str) -> ConnectError:
        self._tell_refused(what)
        return ConnectError(f"connection to {what} failed: offline, and no rule names it")

    def _tell_refused(self, what: str) -> None:
        """Once for each name, up to a number of names: a host tries again and again."""
        if what not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(what)
            log.warning("offline: %s is refused, no --resolve names it", what)
