"""Certificates and keys in the module's files (docs/spec/fs.md §2, tls.md §3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.host.channel.quoted import quoted
from atwin.host.channel.script import Script
from atwin.host.errors import ModuleError, UsageError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from atwin.host.channel.channel import Channel

#: Bytes one FSWRITE or FSREAD moves at most.
_PIECE = 10_240

#: Seconds the module waits for the bytes of one FSWRITE: a piece at 9600 Bd, and some.
_WRITE_SECONDS = 30

_SIZE = lenient(r"\+FSFLSIZE: (\d+)")
_FREE = lenient(r"\+FSMEM: (\d+).*")


@dataclass(frozen=True, slots=True, repr=False)
class StoredFile:
    """Something for the module's flash; its name tells its content, so two never fight for one."""

    kind: str
    content: bytes

    @property
    def name(self) -> str:
        """In the module's root."""
        return f"{self.kind}-{hashlib.sha256(self.content).hexdigest()[:12]}.pem"

    @property
    def quoted_name(self) -> str:
        """The name as commands want it."""
        return quoted(self.name, "FILE")


def certificates_file(kind: str, data: bytes) -> StoredFile:
    """PEM (one or more) or DER, stored as PEM. Raises `UsageError`."""
    from cryptography.hazmat.primitives.serialization import Encoding

    found = _certificates(kind, data)
    return StoredFile(kind, b"".join(one.public_bytes(Encoding.PEM) for one in found))


def key_file(data: bytes, certificate: bytes) -> StoredFile:
    """The RSA key of the first of `certificate`, stored as PEM. Raises `UsageError`."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    read = form.load_pem_private_key if b"-----BEGIN" in data else form.load_der_private_key
    try:
        key = read(data, None)
    except TypeError:
        raise UsageError(
            "the client key is encrypted and a module cannot ask for its password: decrypt it first"
        ) from None
    except ValueError:
        raise UsageError("the client key cannot be read: give PEM or DER") from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageError("the client key is no RSA key: these modules do RSA only")
    if _certificates("client", certificate)[0].public_key() != key.public_key():
        raise UsageError("the client key is not the key of the client certificate")
    plain = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption()
    )
    return StoredFile("key", plain)


async def store(channel: Channel, files: list[StoredFile]) -> int:
    """Have `files` in the module; how many had to be written.

    What is there already with the same content stays. Raises `ModuleError` when they do not
    fit, and as `Script.step` does.
    """
    script = Script("certificates", channel)
    # An Air724UG does not have this one, and never announces the bytes of a file.
    await script.ask("AT+FSREADHEAD=0")
    missing = [file for file in files if not await _is_there(script, file)]
    if missing:
        await _check_room(script, sum(len(file.content) for file in missing))
    for file in missing:
        await _write(script, file)
    return len(missing)


async def _is_there(script: Script, file: StoredFile) -> bool:
    reply = await script.ask(f"AT+FSFLSIZE={file.quoted_name}")
    match = reply.match(_SIZE)
    size = len(file.content)
    if not reply.ok or match is None:
        return False
    held = b""
    while int(match[1]) == size and len(held) < size:
        piece = min(_PIECE, size - len(held))
        read = f"AT+FSREAD={file.quoted_name},1,{piece},{len(held)}"
        body = (await script.step(read, raw=piece)).body
        if not body:  # a module that says OK and nothing else has not got it
            break
        held += body
    if held == file.content:
        return True
    await script.step(f"AT+FSDEL={file.quoted_name}")
    return False


async def _check_room(script: Script, wanted: int) -> None:
    match = (await script.step("AT+FSMEM")).match(_FREE)
    if match is not None and int(match[1]) < wanted:
        raise ModuleError(
            f"{wanted} bytes of certificates, and the module's file system has {match[1]} free:"
            " delete files with AT+FSDEL"
        )


async def _write(script: Script, file: StoredFile) -> None:
    await script.step(f"AT+FSCREATE={file.quoted_name}")
    for start in range(0, len(file.content), _PIECE):
        piece = file.content[start : start + _PIECE]
        await script.give(
            f"AT+FSWRITE={file.quoted_name},{int(start > 0)},{len(piece)},{_WRITE_SECONDS}",
            piece,
            deadline=_WRITE_SECONDS + 9.0,
        )


def _certificates(kind: str, data: bytes) -> list[Certificate]:
    from cryptography import x509

    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        raise UsageError(f"the {kind} certificate cannot be read: give PEM or DER") from None
