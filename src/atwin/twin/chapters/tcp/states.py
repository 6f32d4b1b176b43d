"""The states of AT+CIPSTATUS and everything that leads from one to another.

All of the state machine is in the two tables below; what is not in them is not allowed (spec:
network.md §5). The values are what AT+CIPSTATUS prints.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """The scene: the way to the network, and with a single link that link too.

    TCP CLOSING, which the vendor's picture has, is not here: a close is over before the module
    reads the next command.
    """

    INITIAL = "IP INITIAL"
    START = "IP START"
    CONFIG = "IP CONFIG"
    GPRSACT = "IP GPRSACT"
    STATUS = "IP STATUS"
    TCP_CONNECTING = "TCP CONNECTING"
    UDP_CONNECTING = "UDP CONNECTING"
    CONNECT_OK = "CONNECT OK"
    TCP_CLOSED = "TCP CLOSED"
    UDP_CLOSED = "UDP CLOSED"
    PROCESSING = "IP PROCESSING"
    PDP_DEACT = "PDP DEACT"


class Event(Enum):
    """What moves the scene: a command, or what came of it."""

    CSTT = "AT+CSTT"
    CIICR = "AT+CIICR"
    RAISED = "the PDP is up"
    NO_PDP = "the PDP cannot be had"
    CIFSR = "AT+CIFSR"
    TCP = "AT+CIPSTART with TCP"
    UDP = "AT+CIPSTART with UDP"
    CONNECTED = "the link is up"
    FAILED = "the link did not come up"
    TCP_ENDED = "a TCP link is down"
    UDP_ENDED = "a UDP link is down"
    ALL_ENDED = "the last link is down"
    PDP_LOST = "the PDP is gone"
    SHUT = "AT+CIPSHUT"


class ClientState(Enum):
    """One link, as AT+CIPSTATUS lists it."""

    INITIAL = "INITIAL"
    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    CLOSED = "CLOSED"


Table = dict[tuple[State, Event], State]

_UP: Table = {
    (State.INITIAL, Event.CSTT): State.START,
    (State.START, Event.CIICR): State.CONFIG,
    (State.CONFIG, Event.RAISED): State.GPRSACT,
    (State.CONFIG, Event.NO_PDP): State.PDP_DEACT,
    (State.GPRSACT, Event.CIFSR): State.STATUS,
}


def _everywhere(event: Event, to: State, *states: State) -> Table:
    return {(state, event): to for state in states}


#: AT+CIPMUX=0.
SINGLE: Table = {
    **_UP,
    # From INITIAL the module goes the way to the network by itself.
    **_everywhere(
        Event.TCP,
        State.TCP_CONNECTING,
        *(State.INITIAL, State.STATUS, State.TCP_CLOSED, State.UDP_CLOSED),
    ),
    **_everywhere(
        Event.UDP,
        State.UDP_CONNECTING,
        *(State.INITIAL, State.STATUS, State.TCP_CLOSED, State.UDP_CLOSED),
    ),
    **_everywhere(Event.NO_PDP, State.INITIAL, State.TCP_CONNECTING, State.UDP_CONNECTING),
    **_everywhere(Event.CONNECTED, State.CONNECT_OK, State.TCP_CONNECTING, State.UDP_CONNECTING),
    **_everywhere(Event.FAILED, State.STATUS, State.TCP_CONNECTING, State.UDP_CONNECTING),
    **_everywhere(Event.TCP_ENDED, State.TCP_CLOSED, State.TCP_CONNECTING, State.CONNECT_OK),
    **_everywhere(Event.UDP_ENDED, State.UDP_CLOSED, State.UDP_CONNECTING, State.CONNECT_OK),
    **_everywhere(
        Event.PDP_LOST,
        State.PDP_DEACT,
        *(State.GPRSACT, State.STATUS, State.TCP_CONNECTING, State.UDP_CONNECTING),
        *(State.CONNECT_OK, State.TCP_CLOSED, State.UDP_CLOSED),
    ),
    **_everywhere(Event.SHUT, State.INITIAL, *State),
}

#: AT+CIPMUX=1: CSTT, CIICR and CIFSR are a must, and the links have states of their own.
MULTI: Table = {
    **_UP,
    **_everywhere(Event.TCP, State.PROCESSING, State.STATUS, State.PROCESSING),
    **_everywhere(Event.UDP, State.PROCESSING, State.STATUS, State.PROCESSING),
    **_everywhere(Event.ALL_ENDED, State.STATUS, State.PROCESSING),
    **_everywhere(Event.PDP_LOST, State.PDP_DEACT, State.GPRSACT, State.STATUS, State.PROCESSING),
    **_everywhere(Event.SHUT, State.INITIAL, *State),
}

#: In these AT+CIFSR tells the address, and names can be resolved.
HAS_ADDRESS = frozenset(
    (
        *(State.GPRSACT, State.STATUS, State.TCP_CONNECTING, State.UDP_CONNECTING),
        *(State.CONNECT_OK, State.TCP_CLOSED, State.UDP_CLOSED, State.PROCESSING),
    )
)
