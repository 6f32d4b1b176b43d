"""Faultless servers, and files of every length at which something turns over."""

from __future__ import annotations

from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import Case, Expectation, GivesUp
from support.odd_servers.wire import Piece, Request, reply

#: Bytes of the modules' HTTP buffers.
_BUFFER = {"air724ug": 319488, "air780e-at": 4096, "air780e-lsat": 131072}


class Faultless(OddServer):
    """An ordinary file server: nothing is odd."""


class EmptyFile(OddServer):
    """0 bytes, which HEAD says."""

    def sized(self, case: Case) -> int:
        return 0


class _NoHead(OddServer):
    """HEAD is refused, so the first range meets the length."""

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else self.plain(request)


class EmptyFileNoHead(_NoHead):
    """0 bytes and no HEAD: the range is answered 416, `*/0`."""

    def sized(self, case: Case) -> int:
        return 0


class EmptyFileAsNoContent(OddServer):
    """0 bytes as 204 (Spring and others for an empty body)."""

    def sized(self, case: Case) -> int:
        return 0

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 204, self.common(), length=False)


class EmptyFileRangesIgnored(EmptyFileNoHead):
    """0 bytes, no HEAD, and the range is answered 200."""

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 405) if request.method == "HEAD" else reply(request, 200)


class _Bytes(OddServer):
    """So many bytes."""

    size_in_bytes: ClassVar[int]

    def sized(self, case: Case) -> int:
        return self.size_in_bytes


class OneByte(_Bytes):
    """One byte: no range can ask for it alone."""

    size_in_bytes = 1


class TwoBytes(_Bytes):
    """Two bytes, the smallest range from 0."""

    size_in_bytes = 2


class OneByteNoHead(_NoHead):
    """One byte and no HEAD."""

    def sized(self, case: Case) -> int:
        return 1


class _Parts(OddServer):
    """So many whole parts and some bytes."""

    whole_parts: ClassVar[int] = 1
    more: ClassVar[int] = 0

    def sized(self, case: Case) -> int:
        return self.whole_parts * case.chunk + self.more


class PartExactly(_Parts):
    """Exactly a part."""


class PartLessOne(_Parts):
    """A byte less than a part."""

    more = -1


class PartPlusOne(_Parts):
    """A byte more than a part: the last part is a single byte."""

    more = 1


class PartsTwo(_Parts):
    """Exactly two parts."""

    whole_parts = 2


class PartsTwoLessOne(_Parts):
    """A byte less than two parts."""

    whole_parts = 2
    more = -1


class PartsTwoPlusOne(_Parts):
    """A byte more than two parts."""

    whole_parts = 2
    more = 1


class PartExactlyNoHead(PartExactly, _NoHead):
    """Exactly a part, and no HEAD."""


class PartPlusOneNoHead(PartPlusOne, _NoHead):
    """A byte more than a part, and no HEAD."""


class PartsTwoNoHead(PartsTwo, _NoHead):
    """Exactly two parts, and no HEAD."""


class _Buffer(OddServer):
    """The module's buffer and some bytes."""

    more: ClassVar[int] = 0

    def sized(self, case: Case) -> int:
        return _BUFFER[case.model] + self.more


class BufferExactly(_Buffer):
    """Exactly the buffer."""


class BufferLessOne(_Buffer):
    """A byte less than the buffer."""

    more = -1


class BufferPlusOne(_Buffer):
    """A byte more than the buffer."""

    more = 1


class _BufferNoRanges(_Buffer):
    """The same where ranges are ignored: the edge of what the module can hold."""

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 200, self.common(), self.data)


class HoldsExactlyNoRanges(_BufferNoRanges):
    """As long as the largest response that surely fits; ranges are ignored."""

    def sized(self, case: Case) -> int:
        return case.holds


class BufferPlusOneNoRanges(_BufferNoRanges):
    """A byte more than the buffer, and ranges are ignored."""

    more = 1

    def expect(self, case: Case) -> Expectation:
        if case.may_stream:
            return super().expect(case)
        return GivesUp((1,), (r"range",), because="a byte too many")
