"""Who the module is and what it can hold, asked of the module itself (docs/spec/models.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.at.in_flight import LONGEST_BODY
from atwin.at.lenient import lenient
from atwin.host.channel.script import Script
from atwin.host.errors import NoAnswerError
from atwin.models import MODELS, load_profile
from atwin.models.profile import VENDOR_CHUNK

if TYPE_CHECKING:
    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Reply
    from atwin.models import Profile

#: Bytes that every module of the family takes and gives: the vendor's chunk for the smallest one.
SAFE_SIZE = 3072
#: Bytes below which a limit can be none.
SMALLEST_LIMIT = 16

#: A range in the answer to a test form; a minus sign makes none.
_RANGE = lenient(r"(?<![\d-])(\d+) ?- ?(\d+)(?![\d.])")
#: What a version looks like in a firmware's name.
_VERSION = re.compile(r"_V\d+")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes a module takes and gives at a time, and whether it can stream.

    `post_max` is the most HTTPDATA takes, `read_max` the most one ranged HTTPREAD gives,
    `streams` whether the module has HTTPEXACTION. `note` is for a person where the module did not
    tell all that; `guessed` where nothing did. `lower_cases`: HTTPHEAD of the model it says it is
    gives header blocks in lower case.
    """

    post_max: int
    read_max: int
    streams: bool
    note: str = ""
    guessed: bool = False
    lower_cases: bool = False

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

    `profile` is the key of the model profile of that firmware or model, None where there is none.
    """

    manufacturer: str
    model: str
    firmware: str
    profile: str | None


async def ask_limits(channel: Channel) -> Limits:
    """Ask with the test forms; what these do not tell is that of the model, or surely small.

    Raises `NoAnswerError`.
    """
    script = Script("limits", channel)
    post = post_range(await _ask(script, "AT+HTTPDATA=?"))
    read = read_range(await _ask(script, "AT+HTTPREAD=?"))
    streams = (await _ask(script, "AT+HTTPEXACTION=?")).ok
    known = _profile(*await _model(script))
    note = ""
    if post is None or read is None:
        guess = (
            f"taking {SAFE_SIZE} bytes, --chunk asks for more"
            if known is None
            else f"taking those of the {known.title}"
        )
        note = (
            f"the module does not tell its limits for HTTP (AT+HTTPDATA=?, AT+HTTPREAD=?): {guess}"
        )
    return Limits(
        post or (known.limit("post_limit") if known else SAFE_SIZE),
        read or (known.limit("read_max") if known else SAFE_SIZE),
        streams,
        note,
        guessed=bool(note) and known is None,
        lower_cases=known is not None and known.has("head_lowercase"),
    )


async def ask_identity(channel: Channel) -> Identity:
    """Ask CGMI, CGMM, ATI. Raises `NoAnswerError`; what is refused stays empty."""
    script = Script("identity", channel)
    manufacturer = _said(await _ask(script, "AT+CGMI"), "+CGMI")
    model, firmware = await _model(script)
    return Identity(manufacturer, model, firmware, recognised(model, firmware))


def post_range(reply: Reply) -> int | None:
    """How much HTTPDATA takes, by the answer to its test form; None where that does not tell."""
    ranges = _ranges(reply, "+HTTPDATA")
    # Of the size and the time only the size may be so little.
    return _sane(ranges[0][1]) if ranges and ranges[0][0] <= 1 else None


def read_range(reply: Reply) -> int | None:
    """How much HTTPREAD gives: the second of position and size, or the only one there is."""
    ranges = _ranges(reply, "+HTTPREAD")
    return _sane(ranges[-1][1]) if ranges and ranges[-1][0] <= 1 else None


def recognised(model: str, firmware: str) -> str | None:
    """The key of the profile of that firmware, whatever its version; else of that model's only one.

    None where neither tells it.
    """
    profile = _profile(model, firmware)
    return None if profile is None else profile.key


def _profile(model: str, firmware: str) -> Profile | None:
    profiles = [load_profile(key) for key in MODELS]
    family = _VERSION.sub("", firmware).casefold()
    for profile in profiles:
        if _VERSION.sub("", profile.firmware).casefold() == family:
            return profile
    named = [profile for profile in profiles if profile.name.casefold() == model.casefold()]
    return named[0] if len(named) == 1 else None


def _ranges(reply: Reply, name: str) -> list[tuple[int, int]]:
    value = reply.value(name) if reply.ok else None
    return [(int(low), int(high)) for low, high in _RANGE.findall(value or "")]


def _sane(size: int) -> int | None:
    return size if SMALLEST_LIMIT <= size <= LONGEST_BODY else None


async def _ask(script: Script, command: str) -> Reply:
    """Ask again once where no answer comes: nothing depends on when it does."""
    try:
        return await script.ask(command)
    except NoAnswerError:
        return await script.ask(command)


async def _model(script: Script) -> tuple[str, str]:
    """Model and firmware, as the module says them."""
    return (
        _said(await _ask(script, "AT+CGMM"), "+CGMM"),
        _said(await _ask(script, "ATI"), "I"),
    )


def _said(reply: Reply, name: str) -> str:
    """The text of `+CGMM: "Air780E"`, or of the first bare line."""
    if not reply.ok:
        return ""
    named = reply.value(name)
    bare = next((line for line in reply.lines if line[0] not in "+*^"), "")
    return (bare if named is None else named).strip('" ')
