"""What follows a failure: another try, and the vendor's ladder (spec: flows.md §1, power.md §5)."""

from atwin.host.recovery.board import Board
from atwin.host.recovery.ladder import Climbed, Ladder
from atwin.host.recovery.recovery import Recovery, recover
from atwin.host.recovery.retry import Retry
from atwin.host.recovery.rungs import GENTLE

__all__ = ["GENTLE", "Board", "Climbed", "Ladder", "Recovery", "Retry", "recover"]
