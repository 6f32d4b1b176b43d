"""Rate and frame of both sides: how long a byte takes, and what the other side makes of it.

Spec: uart.md §5, §6.
"""

from __future__ import annotations

from atwin.line.frame import FASTEST_AUTO, ROM_RATE, Frame, same_rate
from atwin.line.uart.noise import Noise
from atwin.line.uart.training import Training


class Rates:
    """The module's rate, which auto-baud may have to find first, against the host's.

    `host_rate` in bit/s, None while nobody has told it: it is the module's then, as is the frame.
    """

    def __init__(self, host_rate: int | None, seed: int) -> None:
        self.host_rate = host_rate
        self.host_frame: Frame | None = None
        self.trained = True
        self._rate = 0
        self._frame = Frame()
        self._noise = Noise(seed)
        self._training = Training()
        self._found: int | None = None

    def set(self, rate: int, frame: Frame) -> None:
        """AT+IPR and AT+ICF. Auto-baud asked for behind a fixed rate looks for it again."""
        if rate == 0 and self._rate != 0:
            self.look_for_rate(trained=False)
        self._rate, self._frame = rate, frame

    def look_for_rate(self, *, trained: bool) -> None:
        """Auto-baud begins anew; `trained`: with the rate of the first host that speaks."""
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
        return self._frame.bits / self.rate

    @property
    def host_byte_time(self) -> float:
        """Seconds one byte of the host takes."""
        return self._host_frame.bits / (self.host_rate or self.rate)

    @property
    def host_understands(self) -> bool:
        """Whether the host's receiver is set as the module sends."""
        return self._same_rate and self._host_frame.understands(self._frame)

    def noise_at_host(self, data: bytes) -> bytes:
        """What the host receives of `data` when it does not understand."""
        return self._noise.of(data, self.rate, self.host_rate or self.rate)

    def at_module(self, data: bytes) -> bytes:
        """What the module's receiver makes of `data`; this may train it."""
        if self._rate == 0 and self._found is None:
            if not self.trained:
                rest = self._training.take(self._sampled(data))
                if rest is None:
                    return b""
                self.trained, data = True, rest
            self._found = self.host_rate
        elif not (self._same_rate and self._frame.understands(self._host_frame)):
            data = self._noise.of(data, self.host_rate or self.rate, self.rate)
        return data

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
