"""Rate and frame of both sides: how long a byte takes, and what the other side makes of it.

See docs/spec/uart.md §5, §6.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from atwin.line.frame import FASTEST_AUTO, ROM_RATE, Frame, same_rate

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGIN = re.compile(rb"AT|at")
#: Many hosts end their lines with LF alone (docs/spec/uart.md §11).
_END = re.compile(rb"\r\n?|\n")
#: A third is 0x00, a third 0xFF, a third anything between.
_NOISE = b"\x00" * 127 + b"\xff" * 127 + bytes(range(0x80, 0xFF))


class Noise:
    """The same seed gives the same noise."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._random: random.Random | None = None  # large, and seldom needed

    def of(self, data: bytes, sent: int, received: int) -> bytes:
        """`data` sent at one rate and received at another, both in bit/s.

        A faster receiver sees more bytes, a slower one fewer; none of them is a letter.
        """
        dice = self._random = self._random or random.Random(self._seed)
        count = max(1, len(data) * received // sent)
        return bytes(dice.choices(_NOISE, k=count))


class Training:
    """The first `AT` or `at` gives the rate, and is lost with its line."""

    def __init__(self) -> None:
        self._seen = b""

    def take(self, data: bytes) -> bytes | None:
        """What is left for the firmware after the line that trained; None before that."""
        self._seen += data
        begin = _BEGIN.search(self._seen)
        if begin is None:
            self._seen = self._seen[-1:]
            return None
        end = _END.search(self._seen, begin.end())
        if end is None:
            self._seen = begin.group()
            return None
        return self._seen[end.end() :]


class Rates:
    """The module's rate, which auto-baud may have to find first, against the host's.

    `host_rate` in bit/s, None while nobody has told it: it is the module's then, as is the frame.
    Without one from the start the line is not `paced`: a byte takes no time, and all is understood.
    """

    def __init__(self, host_rate: int | None, seed: int) -> None:
        self.paced = host_rate is not None
        self.host_rate = host_rate
        self.host_frame: Frame | None = None
        self.trained = True
        self._rate = 0
        self._frame = Frame()
        self._noise = Noise(seed)
        self._training = Training()
        self._found: int | None = None
        #: Hears in a line what a person would wonder at: the rate is fixed, a host has another.
        self.tell: Callable[[str], None] = lambda line: None
        self._told: tuple[int | None, int] | None = None

    def set(self, rate: int, frame: Frame) -> None:
        """AT+IPR and AT+ICF. Auto-baud asked for after a fixed rate looks for it again."""
        if rate == 0 and self._rate != 0:
            self.look_for_rate(trained=False)
        self._rate, self._frame = rate, frame

    def look_for_rate(self, *, trained: bool) -> None:
        """Auto-baud begins again; `trained`: with the rate of the first host that speaks."""
        self.trained = trained
        self._training = Training()
        self._found = None

    @property
    def rate(self) -> int:
        """The module's bit/s; before training it is the mask ROM that speaks."""
        followed = self.host_rate if self.trained else None
        return self._rate or self._found or followed or ROM_RATE

    @property
    def byte_time(self) -> float:
        """Seconds one byte of the module takes."""
        return self._frame.bits / self.rate if self.paced else 0.0

    @property
    def host_byte_time(self) -> float:
        """Seconds one byte of the host takes."""
        return self._host_frame.bits / (self.host_rate or self.rate) if self.paced else 0.0

    @property
    def host_understands(self) -> bool:
        """Whether the host's receiver, on a paced line, is set as the module sends."""
        return self._same_rate and self._host_frame.understands(self._frame)

    def noise_at_host(self, data: bytes) -> bytes:
        """What the host receives of `data` when it does not understand."""
        return self._noise.of(data, self.rate, self.host_rate or self.rate)

    def at_module(self, data: bytes) -> bytes:
        """What the module's receiver makes of `data` on a paced line; this may train it."""
        if self._rate == 0 and self._found is None:
            if not self.trained:
                rest = self._training.take(self._sampled(data))
                if rest is None:
                    return b""
                self.trained, data = True, rest
            self._found = self.host_rate
            self.tell(
                f"auto-baud: the first AT fixes the line at {self._found} bit/s,"
                " until AT+IPR sets another rate or the module restarts"
            )
        elif not (self._same_rate and self._frame.understands(self._host_frame)):
            self._tell_noise()
            data = self._noise.of(data, self.host_rate or self.rate, self.rate)
        return data

    def _tell_noise(self) -> None:
        """Once for each pair of rates."""
        pair = (self.host_rate, self.rate)
        if pair != self._told:
            self._told = pair
            host = f"at {self.host_rate} bit/s" if not self._same_rate else "in another frame"
            self.tell(
                f"noise: the host sends {host}, the module is set to {self.rate} bit/s"
                f" {self._frame.data_bits}{self._frame.parity}{self._frame.stop_bits:g}"
            )

    def _sampled(self, data: bytes) -> bytes:
        """What auto-baud sees, before it knows the rate: it is too slow for the fastest ones."""
        rate = self.host_rate or ROM_RATE
        return data if rate <= FASTEST_AUTO else self._noise.of(data, rate, FASTEST_AUTO)

    @property
    def _host_frame(self) -> Frame:
        return self.host_frame or self._frame

    @property
    def _same_rate(self) -> bool:
        return self.host_rate is None or same_rate(self.host_rate, self.rate)
