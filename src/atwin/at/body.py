"""Whether a counted body came whole, judged by what follows it.

As many bytes as a body lost are taken for its end: CR LF the first of them, then its result. Where
a URC came in between, the body's own last bytes stand where CR LF should.
"""

import re

_END, _BLANK = b"\r\n", b"\r\n\r\n"
#: Line ends that are looked at after a counted body.
_LONGEST_FRAME = 8
#: Bytes of noise that make a line of their own between a body and its result.
_MOST_NOISE = 4
_LINE_ENDS = re.compile(rb"[\r\n]+")
#: By what came in place of CR LF: the last bytes of a body that may be CR or LF of its frame.
_STOLEN = {b"": b"\r\n", b"\n": b"\r", b"\r": b""}


class Body:
    """The counted bodies of one answer."""

    #: Bytes were lost, and others taken for them; or, `unframed`, they may have been, for no CR LF
    #: came between the body and what follows.
    damaged = unframed = False
    _is_over = False
    _frame, _last = b"", 0

    def ends(self, last: int) -> None:
        """The count is over, with that byte."""
        self._is_over = True
        self._frame, self._last = b"", last

    def frames(self, data: bytes, at: int) -> int:
        """Where the line ends after the body end, as far as they have come."""
        ends = _LINE_ENDS.match(data, at, at + _LONGEST_FRAME - len(self._frame))
        if ends is None:
            return at
        self._frame += ends[0]
        return ends.end()

    @property
    def has_blank(self) -> bool:
        """Whether an empty line followed it."""
        return self._frame.startswith(_BLANK)

    def judge(self, *, blank: bool = False) -> None:
        """Something else follows: whether these were CR LF, and whether they can be the body's.

        `blank`: an empty line belongs to it as well.
        """
        if not self._frame.startswith(_BLANK if blank else _END):
            self.unframed = True
            stolen = _STOLEN.get(self._frame)
            self.damaged = stolen is None or self._last in stolen

    def hears(self, text: str, noise: int) -> None:
        """A line came, with `noise` bytes of noise in it.

        What is noise elsewhere may be the body's own end.
        """
        if self.unframed or (self._is_over and noise > _MOST_NOISE and not text):
            self.damaged = True

    def hears_no_result(self) -> None:
        """A line is not a result: it is the rest of a body that has no frame."""
        if self.unframed:
            self.unframed, self.damaged = False, True

    def hears_information(self, text: str) -> None:
        """A line is information: after a body only one with a name is."""
        self.damaged |= self._is_over and text[0] not in "+*^"
