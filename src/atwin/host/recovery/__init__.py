"""What follows a failure: another try, the vendor's ladder (docs/spec/flows.md §1, power.md §5)."""

from atwin.host.recovery.board import Board
from atwin.host.recovery.ladder import Climbed, Ladder, wants_a_person
from atwin.host.recovery.recovery import Recovery, Retry, is_modules_own
from atwin.host.recovery.revival import recover
from atwin.host.recovery.rungs import ANSWERING, GENTLE, SILENT

__all__ = [
    "ANSWERING",
    "GENTLE",
    "SILENT",
    "Board",
    "Climbed",
    "Ladder",
    "Recovery",
    "Retry",
    "is_modules_own",
    "recover",
    "wants_a_person",
]
