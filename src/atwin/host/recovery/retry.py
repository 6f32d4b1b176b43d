"""How often something is tried again, and after what pause."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` in a row in all; between them `first` seconds, then `factor` times as long.

    `longest` caps the pause. `give_up` seconds without progress end everything, whatever is left
    to try. `unsent_only` repeats only what surely never reached the server: the choice for a
    POST.
    """

    attempts: int = 4
    first: float = 0.5
    factor: float = 2.0
    longest: float = 30.0
    give_up: float = 900.0
    unsent_only: bool = False

    def pause(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row."""
        return float(min(self.first * self.factor ** (failures - 1), self.longest))
