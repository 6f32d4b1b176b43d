"""The client's certificate and key: loading them, and signing with the key."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from atwin.net.tls.certificates.reading import UNREADABLE, unpack

#: Signs bytes as they are; older `cryptography` releases have no such thing.
_NO_DIGEST_INFO = getattr(utils, "NoDigestInfo", None)


@dataclass(frozen=True)
class ClientKey:
    """A certificate chain and the RSA key of its leaf."""

    #: DER, leaf first.
    chain: tuple[bytes, ...]
    key: RSAPrivateKey = field(repr=False)

    def sign(self, encoded: bytes) -> bytes:
        """PKCS #1 v1.5 signature over `encoded`, which holds the hash as the protocol wants it.

        TLS 1.2 signs a DigestInfo, everything before it MD5 and SHA-1 side by side
        (RFC 5246 §7.4.8, RFC 4346 §7.4.8), so this is the bare RSA operation.
        Raises ValueError when the key does not do what its certificate says.
        """
        signature = _sign_raw(self.key, encoded)
        public = self.key.public_key().public_numbers()
        if pow(int.from_bytes(signature, "big"), public.e, public.n) != _block(self.key, encoded):
            raise ValueError("client key is damaged: its signature does not verify")
        return signature


@lru_cache(maxsize=64)
def load_client_key(certificate: bytes, key: bytes) -> ClientKey:
    """Certificates (leaf first) and key, PEM or DER.

    Raises ValueError, with one line for a person, when either cannot be read, the key is
    encrypted or not RSA, or the two do not belong together.
    """
    try:
        chain = tuple(unpack(certificate))
        leaf = x509.load_der_x509_certificate(chain[0]).public_key()
    except UNREADABLE as error:
        raise ValueError(f"client certificate cannot be read: {_first_line(error)}") from None
    private = _load_key(key)
    if not isinstance(leaf, RSAPublicKey) or not isinstance(private, RSAPrivateKey):
        raise ValueError("client certificate and key must be RSA")
    if leaf.public_numbers() != private.public_key().public_numbers():
        raise ValueError("client key does not belong to the client certificate")
    return ClientKey(chain, private)


def _load_key(key: bytes) -> object:
    load = load_pem_private_key if b"-----BEGIN" in key else load_der_private_key
    try:
        # OpenSSL's own check of an RSA key takes some 50 ms; `sign` checks its result.
        return load(key, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        raise ValueError("client key is encrypted: store it without a pass phrase") from None
    except Exception as error:
        raise ValueError(f"client key cannot be read ({type(error).__name__})") from None


def _sign_raw(key: RSAPrivateKey, encoded: bytes) -> bytes:
    if _NO_DIGEST_INFO is not None:
        return key.sign(encoded, PKCS1v15(), _NO_DIGEST_INFO())
    numbers = key.private_numbers()
    block = _block(key, encoded)
    # Two half-size powers instead of one (RFC 8017 §5.1.2).
    by_p = pow(block, numbers.dmp1, numbers.p)
    by_q = pow(block, numbers.dmq1, numbers.q)
    signature = by_q + numbers.q * ((by_p - by_q) * numbers.iqmp % numbers.p)
    return signature.to_bytes((key.key_size + 7) // 8, "big")


def _block(key: RSAPrivateKey, encoded: bytes) -> int:
    """`encoded` padded to the size of the key (RFC 8017 §9.2)."""
    filler = (key.key_size + 7) // 8 - len(encoded) - 3
    return int.from_bytes(b"\x00\x01" + b"\xff" * filler + b"\x00" + encoded, "big")


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:100]
