"""Who the module is and what it can hold, asked of the module itself (spec: models.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.host.script import Script
from atwin.models import MODELS, load_profile

if TYPE_CHECKING:
    from atwin.host.channel import Channel

#: The chunk the vendor uses on the Air724UG, in bytes: 300 KiB, inside a buffer of 312 KiB.
VENDOR_CHUNK = 307_200

_POST_RANGE = lenient(r"\+HTTPDATA: \(0-(\d+)\).*")
_READ_RANGE = lenient(r"\+HTTPREAD: \(0-\d+\), \(1-(\d+)\).*")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes a module takes and gives at a time, and whether it can stream.

    `post_max` is the most HTTPDATA takes, `read_max` the most one ranged HTTPREAD gives,
    `streams` whether the module has HTTPEXACTION.
    """

    post_max: int
    read_max: int
    streams: bool

    @property
    def chunk_max(self) -> int:
        """The largest part that surely fits the buffer; nothing asks for the buffer itself."""
        return min(self.post_max, self.read_max)

    @property
    def chunk(self) -> int:
        """The part a download asks for: as large as fits, up to the vendor's own chunk."""
        return min(self.chunk_max, VENDOR_CHUNK)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the module says it is; empty where it does not say.

    `profile` is the key of the model profile with the same limits, None when there is none.
    """

    manufacturer: str
    model: str
    firmware: str
    profile: str | None


async def ask_limits(channel: Channel) -> Limits:
    """Ask with the test forms. Raises `CommandRefusedError`, `NoAnswerError`."""
    script = Script("limits", channel)
    found = []
    for command, pattern in (("AT+HTTPDATA=?", _POST_RANGE), ("AT+HTTPREAD=?", _READ_RANGE)):
        reply = await script.step(command, advice="this module has no HTTP commands")
        match = reply.match(pattern)
        if match is None:
            raise script.refused(reply, f"no range in {reply.told!r}")
        found.append(int(match[1]))
    streaming = await script.ask("AT+HTTPEXACTION=?")
    return Limits(post_max=found[0], read_max=found[1], streams=streaming.ok)


async def ask_identity(channel: Channel, limits: Limits) -> Identity:
    """Ask ATI, CGMI, CGMM. Raises `NoAnswerError`; what is refused stays empty."""
    script = Script("identity", channel)
    answers = []
    for command in ("AT+CGMI", "AT+CGMM", "ATI"):
        reply = await script.ask(command)
        answers.append(_value(reply.lines[0]) if reply.ok and reply.lines else "")
    manufacturer, model, firmware = answers
    return Identity(manufacturer, model, firmware, _profile_with(limits))


def lower_cases(limits: Limits) -> bool:
    """Whether a module with such limits is known to hand headers out in lower case."""
    key = _profile_with(limits)
    return key is not None and load_profile(key).has("head_lowercase")


def _value(line: str) -> str:
    """The text of `+CGMM: "Air780E"`, or of a bare line."""
    return line.partition(": ")[2].strip('" ') if line.startswith("+") else line


def _profile_with(limits: Limits) -> str | None:
    for key in MODELS:
        profile = load_profile(key)
        if profile.limit("post_limit") == limits.post_max and profile.has("ext_http") == (
            limits.streams
        ):
            return key
    return None
