"""The cipher seam: AES, 3DES and RC4 from `cryptography`, one state per direction.

`cryptography` keeps RC4 and 3DES among its "decrepit" algorithms, and an OpenSSL without
its legacy provider has no RC4 at all. Whatever replaces them one day goes in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from atwin.net.tls.suites import Bulk

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.tls.suites import Suite

    #: Bytes through the cipher, its state carried on from call to call. Block ciphers want
    #: whole blocks.
    Transform = Callable[[bytes | memoryview], bytes]


def encryptor(suite: Suite, key: bytes, iv: bytes) -> Transform:
    """Encrypt with the suite's cipher. `iv` is not used by RC4."""
    cipher = _cipher(suite, key, iv)
    return _python_rc4(key) if cipher is None else cipher.encryptor().update


def decryptor(suite: Suite, key: bytes, iv: bytes) -> Transform:
    """Decrypt with the suite's cipher. `iv` is not used by RC4."""
    cipher = _cipher(suite, key, iv)
    return _python_rc4(key) if cipher is None else cipher.decryptor().update


def _cipher(suite: Suite, key: bytes, iv: bytes) -> Cipher[Any] | None:
    """None when this `cryptography` has no RC4."""
    if suite.bulk is Bulk.AES:
        return Cipher(AES(key), CBC(iv))
    if suite.bulk is Bulk.TRIPLE_DES:
        return Cipher(TripleDES(key), CBC(iv))
    cipher = Cipher(ARC4(key), None)
    try:
        cipher.encryptor()
    except UnsupportedAlgorithm:
        return None
    return cipher


def _python_rc4(key: bytes) -> Transform:
    """tlslite's own RC4: slow (some 6 MB/s) but always there."""
    from tlslite.utils.python_rc4 import Python_RC4

    rc4 = Python_RC4(bytearray(key))

    def transform(data: bytes | memoryview) -> bytes:
        return bytes(rc4.encrypt(bytearray(data)))

    return transform
