"""The handshake: tlslite-ng's client state machine on our own record layer.

This file is the one seam to tlslite-ng, which has no type hints. It overrides methods with
leading underscores, so the version is pinned exactly. tlslite keeps the order of messages,
the transcript, the key derivation and the Finished check. Records, alerts, the ClientHello,
the judgement on the server's certificate and all RSA are ours.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from tlslite.extensions import TLSExtension
from tlslite.handshakesettings import HandshakeSettings
from tlslite.mathtls import calc_key
from tlslite.messages import ClientHello, RecordHeader3
from tlslite.tlsconnection import TLSConnection
from tlslite.utils.codec import Parser
from tlslite.x509 import X509
from tlslite.x509certchain import X509CertChain

from atwin.net.tls import messages
from atwin.net.tls.errors import AlertNumber, EngineError, refusal
from atwin.net.tls.protection import Keys, Opener, Sealer
from atwin.net.tls.suites import SUITES, Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atwin.net.tls.certificates.client_key import ClientKey
    from atwin.net.tls.engine import Engine
    from atwin.net.tls.profile import TlsProfile

#: A server's RSA key may have this many bits; OpenSSL computes with no larger ones.
_MAX_KEY_BITS = 16384


def client_handshake(
    engine: Engine, profile: TlsProfile, client_key: ClientKey | None, random: bytes
) -> Iterator[None]:
    """A full handshake: yields whenever it needs more bytes, ends when data may flow.

    From then on `engine.records` protects both directions. Raises `EngineError`.
    """
    connection = _Connection(engine, profile, random)
    chain = key = None
    if client_key is not None:
        chain, key = _tlslite_chain(client_key), _SigningKey(client_key)
    steps = connection.handshakeClientCert(
        chain, key, settings=_settings(profile.min_version, profile.max_version), async_=True
    )
    try:
        for result in steps:
            if result == _WANTS_BYTES:
                yield
    except EngineError:
        raise
    except Exception as error:
        # tlslite's parsers meet hostile bytes with whatever Python raises.
        raise refusal(
            AlertNumber.DECODE_ERROR, f"handshake message is malformed ({type(error).__name__})"
        ) from error


#: What tlslite's generators yield when they would block on reading.
_WANTS_BYTES = 0


class _Connection(TLSConnection):  # type: ignore[misc]
    """tlslite's client with its record layer and its judgement replaced."""

    def __init__(self, engine: Engine, profile: TlsProfile, random: bytes) -> None:
        super().__init__(_NoSocket())
        self._engine = engine
        self._profile = profile
        self._random = random
        self._pending: tuple[Sealer, Opener]

    # Records and alerts

    def _sendMsgThroughSocket(self, msg: Any) -> Sequence[int]:  # noqa: N802
        self._engine.records.send(msg.contentType, msg.write())
        return ()

    def _getNextRecordFromSocket(self) -> Iterator[Any]:  # noqa: N802
        while (message := self._engine.next_message()) is None:
            yield _WANTS_BYTES
        kind, data = message
        yield RecordHeader3().create((0, 0), kind, len(data)), Parser(bytearray(data))

    def _sendError(self, alertDescription: int, errorStr: Any = None) -> Any:  # noqa: N802, N803
        raise refusal(alertDescription, str(errorStr or "the server broke the protocol"))

    # The ClientHello

    def _sendMsg(self, msg: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N802
        if isinstance(msg, ClientHello):
            numbers = [suite.number for suite in self._profile.suites]
            extensions = messages.extensions(self._profile.max_version, self._profile.sni)
            msg.random = bytearray(self._random)
            msg.cipher_suites = [*numbers, messages.RENEGOTIATION_SCSV]
            msg.extensions = [
                TLSExtension(extType=number).create(bytearray(data)) for number, data in extensions
            ] or None
        return super()._sendMsg(msg, *args, **kwargs)

    # The server's certificate

    def _clientGetKeyFromChain(  # noqa: N802
        self, certificate: Any, settings: Any, tack_ext: Any = None
    ) -> Iterator[Any]:
        chain = certificate.cert_chain
        if not chain or not chain.x509List:
            raise refusal(AlertNumber.ILLEGAL_PARAMETER, "the server showed no certificate")
        self._engine.judge([bytes(one.bytes) for one in chain.x509List])
        leaf = chain.x509List[0]
        if leaf.certAlg != "rsa":
            raise refusal(
                AlertNumber.UNSUPPORTED_CERTIFICATE, "the server's certificate is not RSA"
            )
        yield _ServerKey(leaf.publicKey), chain, None

    # Keys

    def _calcPendingStates(  # noqa: N802
        self,
        cipherSuite: int,  # noqa: N803
        masterSecret: bytearray,  # noqa: N803
        clientRandom: bytearray,  # noqa: N803
        serverRandom: bytearray,  # noqa: N803
        implementations: Any,
    ) -> None:
        self._engine.on_secret(bytes(clientRandom), bytes(masterSecret))
        suite = next(suite for suite in SUITES if suite.number == cipherSuite)
        version = Version(self.version[0] << 8 | self.version[1])
        iv_size = suite.block_size
        sizes = (suite.mac_size, suite.mac_size, suite.key_size, suite.key_size, iv_size, iv_size)
        block = calc_key(
            self.version,
            masterSecret,
            cipherSuite,
            b"key expansion",
            client_random=clientRandom,
            server_random=serverRandom,
            output_length=sum(sizes),
        )
        cut = Parser(block)
        parts = [bytes(cut.getFixBytes(size)) for size in sizes]
        self._pending = (
            Sealer(suite, version, Keys(*parts[0::2])),
            Opener(suite, version, Keys(*parts[1::2])),
        )

    def _changeWriteState(self) -> None:  # noqa: N802
        self._engine.records.sealer = self._pending[0]

    def _changeReadState(self) -> None:  # noqa: N802
        self._engine.records.opener = self._pending[1]


class _NoSocket:
    """tlslite closes its socket when it gives up; there is none."""

    def close(self) -> None:
        pass


class _ServerKey:
    """The server's public key, as tlslite's RSA key exchange uses one."""

    def __init__(self, key: Any) -> None:
        self._numbers = RSAPublicNumbers(int(key.e), int(key.n))

    def encrypt(self, premaster: bytearray) -> bytearray:
        if self._numbers.n.bit_length() > _MAX_KEY_BITS:
            raise refusal(AlertNumber.UNSUPPORTED_CERTIFICATE, "the server's RSA key is too long")
        try:
            return bytearray(self._numbers.public_key().encrypt(bytes(premaster), PKCS1v15()))
        except ValueError:
            raise refusal(
                AlertNumber.UNSUPPORTED_CERTIFICATE, "the server's RSA key is unusable"
            ) from None


class _SigningKey:
    """The client's key, as tlslite's CertificateVerify uses one."""

    key_type = "rsa"

    def __init__(self, client_key: ClientKey) -> None:
        self._identity = client_key

    def sign(self, encoded: bytearray, *_: Any) -> bytearray:
        try:
            return bytearray(self._identity.sign(bytes(encoded)))
        except ValueError as error:
            raise refusal(AlertNumber.INTERNAL_ERROR, str(error)) from None

    def verify(self, *_: Any) -> bool:
        """`sign` has looked at its own result already."""
        return True


def _tlslite_chain(client_key: ClientKey) -> Any:
    chain = []
    for der in client_key.chain:
        certificate = X509()
        certificate.parseBinary(der)
        chain.append(certificate)
    return X509CertChain(chain)


@lru_cache(maxsize=16)
def _settings(lowest: Version, highest: Version) -> Any:
    """Nothing that a small RSA-only client of its day would not do."""
    settings = HandshakeSettings()
    settings.minVersion, settings.maxVersion = _pair(lowest), _pair(highest)
    settings.versions = [_pair(version) for version in Version if lowest <= version <= highest]
    # One suite will do: the list that goes out is the profile's, not this.
    settings.cipherNames, settings.macNames = ["aes128"], ["sha"]
    settings.keyExchangeNames = ["rsa"]
    settings.useEncryptThenMAC = False
    settings.useExtendedMasterSecret = False
    settings.rsaSchemes = ["pkcs1"]
    # Which hash our CertificateVerify uses: the first of these that the server takes.
    settings.rsaSigHashes = ["sha256", "sha384", "sha512", "sha1"]
    settings.record_size_limit = None
    return settings


def _pair(version: Version) -> tuple[int, int]:
    return version >> 8, version & 0xFF
