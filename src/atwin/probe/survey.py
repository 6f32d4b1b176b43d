"""The questions, in an order that needs few handshakes."""

import asyncio
from dataclasses import dataclass, field

from atwin.net.network import ConnectError, Network, is_literal
from atwin.net.tls import SUITES, TlsProfile, Version
from atwin.net.tls.probe import HandshakeAnswer, Outcome, Question, ask
from atwin.probe.chain import ChainFacts, chain_facts
from atwin.probe.http import HttpFacts, http_facts
from atwin.probe.modern import Modern, ask_as_of_today

ALL = tuple(suite.number for suite in SUITES)
#: Outcomes after which more of the same would only cost time.
_HOPELESS = (Outcome.SILENT, Outcome.NOT_TLS)


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """Whom to ask. `name` goes into the ClientHello; certificates are PEM or DER."""

    host: str
    port: int = 443
    path: str = "/"
    name: str | None = None
    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = None
    #: Seconds for each handshake, TCP connection included.
    deadline: float = 10.0

    @property
    def sni(self) -> str | None:
        """The server name a module would send: none for an address."""
        name = self.name or self.host
        return None if is_literal(name) else name


@dataclass(slots=True)
class Survey:
    """What was found."""

    handshakes: int = 0
    #: By suite number, asked alone at the highest version that was accepted, or at TLS 1.2.
    suites: dict[int, HandshakeAnswer] = field(default_factory=dict)
    #: All six suites at each version.
    versions: dict[Version, HandshakeAnswer] = field(default_factory=dict)
    #: None: the server answers the same without a server name; else what it did.
    without_name: HandshakeAnswer | None = None
    #: What a client of today gets, asked when no module can connect; None when that fails too.
    modern: Modern | None = None
    chain: ChainFacts | None = None
    http: HttpFacts | None = None

    @property
    def version(self) -> Version | None:
        """The highest version that was accepted."""
        accepted = (v for v, a in self.versions.items() if a.outcome is Outcome.ACCEPTED)
        return max(accepted, default=None)

    @property
    def best(self) -> HandshakeAnswer | None:
        """The answer at that version."""
        return None if self.version is None else self.versions[self.version]


async def survey(network: Network, target: Target, wall: float) -> Survey:
    """Ask `target`; `wall` is UTC in seconds since 1970.

    At most 13 handshakes. Raises `ResolveError` and `ConnectError` when the first connection
    fails, ValueError for certificates that cannot be read.
    """
    found = Survey()
    address = await network.resolve(target.host)

    async def put(version: Version, suites: tuple[int, ...], name: str | None) -> HandshakeAnswer:
        found.handshakes += 1
        try:
            async with asyncio.timeout(target.deadline):
                stream = await network.connect(address, target.port)
        except (ConnectError, TimeoutError) as error:
            why = str(error) or f"no connection in {target.deadline:g} s"
            if found.handshakes == 1:
                raise ConnectError(why) from None
            return HandshakeAnswer(Outcome.CLOSED, detail=why)
        question = Question(version, suites, name)
        return await ask(stream, question, wall=wall, deadline=target.deadline)

    for version in sorted(Version, reverse=True):
        found.versions[version] = await put(version, ALL, target.sni)
        if found.best is None and found.versions[version].outcome in _HOPELESS:
            return found
    for suite in SUITES:
        version = found.version or Version.TLS1_2
        found.suites[suite.number] = await put(version, (suite.number,), target.sni)
    if found.best is None:
        found.handshakes += 1
        found.modern = await ask_as_of_today(
            network, address, target.port, target.sni, target.deadline
        )
        return found
    if target.sni is not None:
        answer = await put(found.version or Version.TLS1_2, ALL, None)
        if answer.outcome is not Outcome.ACCEPTED or answer.chain != found.best.chain:
            found.without_name = answer
    found.chain = chain_facts(
        found.best.chain, ca=target.ca, name=target.name or target.host, now=wall
    )
    profile = TlsProfile(
        sni=target.sni, client_cert=target.cert, client_key=target.key, deadline=target.deadline
    )
    host = f"[{target.host}]" if ":" in target.host else target.host
    url = f"https://{host}:{target.port}{target.path}"
    found.http, handshakes = await http_facts(network, url, address, target.port, profile, wall)
    found.handshakes += handshakes
    return found
