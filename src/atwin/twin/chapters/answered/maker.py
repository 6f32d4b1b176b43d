"""Commands of the maker that single firmwares have (docs/spec/stubs.md §6)."""

from atwin.at.kinds import OneOf, Range, Tail
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.engine.run import Chapter

_TIMER = Range(0, 65535)
_REST = {"values": Tail("values")}


class MakerCommands(Answered):
    """Timers of links, and Bluetooth of firmwares that have it: without effect."""

    title = "Commands of the maker"
    rows = (
        Row(
            "+CIPRDTIMER",
            {"first": _TIMER, "second": _TIMER},
            "Timers of received data.",
            kept=(2000, 3500),
            needs="cip_timers",
        ),
        Row(
            "+CIPDPDP",
            {"on": OneOf(0, 1), "interval": _TIMER, "times": _TIMER},
            "How a lost PDP is found.",
            least=1,
            kept=(1, 10, 3),
            needs="cip_timers",
        ),
        Row("+BTCOMM", _REST, "Bluetooth.", needs="bt"),
        Row("+BLEADV", _REST, "Bluetooth: being seen.", needs="bt"),
        Row("+BLESCAN", _REST, "Bluetooth: looking for others.", execute="", needs="bt"),
    )


CHAPTER = Chapter((MakerCommands,))
