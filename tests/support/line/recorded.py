"""Recordings of a line: from a transcript played on a twin, or written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.line.ports.wrapper import PortWrapper
from atwin.replay.recording import exchanges_of
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace.pcap.capture import Capture
from atwin.trace.pcap.reading import Piece
from support.servers.pages import pages
from support.servers.peers import simulated
from transcript import play, whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from atwin.line.port import Port
    from atwin.trace.exchanges import Exchanges
    from transcript import Transcript

ORIGIN = "origin.test"


class RecordingPort(PortWrapper["Port"]):
    """A module's end of the line; `pieces` has all that passed."""

    def __init__(self, port: Port) -> None:
        super().__init__(port.name, port)
        self.pieces: list[Piece] = []
        self._clock = LoopClock()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(Piece(self._clock.now(), "<", bytes(data)))
        super().write(data)

    def received(self, data: bytes) -> None:
        self.pieces.append(Piece(self._clock.now(), ">", data))
        super().received(data)


def recorded(transcript: Transcript) -> list[Piece]:
    """What passes when it is played on the virtual clock."""

    async def main() -> list[Piece]:
        network = SimulatedNetwork(LoopClock())
        network.serve(ORIGIN, 80, pages(transcript.pages))
        peers = transcript.make_peers()
        simulated(network, peers)
        host, module = memory_pair()
        port = RecordingPort(module)
        await play(
            transcript, host, port, network,
            origin=ORIGIN, split=whole, real_time=False, peers=peers,
        )  # fmt: skip
        return port.pieces

    return run_virtual(main())


def said(*turns: str | bytes, pause: float = 0.01, echo: bool = True) -> Exchanges:
    r"""A dialogue that was recorded: `"> AT"`, `"< OK"`, data as bytes after a command or prompt.

    A number alone is so many seconds more. Each line from the module has its frame.
    """
    pieces: list[Piece] = []
    t, way = 0.0, ">"
    for turn in turns:
        t += pause
        if isinstance(turn, bytes):
            pieces.append(Piece(t, way, turn))
        elif turn.startswith(">"):
            line, way = turn[2:].encode() + b"\r", ">"
            pieces.append(Piece(t, ">", line))
            if echo:
                pieces.append(Piece(t, "<", line))
        elif turn.startswith("<"):
            sign = turn[2:] in (">", "DOWNLOAD")
            way = ">" if sign else "<"
            frame = b"\r\n> " if turn[2:] == ">" else f"\r\n{turn[2:]}\r\n".encode()
            pieces.append(Piece(t, "<", frame))
        else:
            t += float(turn)
    return exchanges_of(pieces)


def write_capture(path: Path, pieces: Iterable[Piece]) -> None:
    """The file that `--pcap` makes of them."""
    with path.open("wb") as file:

        def write(blocks: bytes) -> None:
            file.write(blocks)

        capture = Capture(write, began=0.0, program="atwin")
        for piece in pieces:
            capture.line(piece.t, piece.direction, piece.data)
            capture.flushed()
        capture.end()


def pieces_of(exchanges: Exchanges) -> list[Piece]:
    """The pieces it may have been made of."""
    return [Piece(step.ended, step.way, step.raw) for step in exchanges.steps if step.raw]


def transparent_session() -> Exchanges:
    """A session in transparent mode that `+++` ends."""
    start = said(*("> AT+CIPMODE=1", "< OK"), *('> AT+CIPSTART="TCP","h",7', "< OK", "< CONNECT"))
    pieces = pieces_of(start)
    pieces += [Piece(1, ">", b"GET /\n"), Piece(1.5, "<", b"AT is in it\r\n")]
    pieces += [Piece(2, ">", b"+++"), Piece(2.5, "<", b"\r\nOK\r\n")]
    pieces += [Piece(3, ">", b"AT+CIPSHUT\r"), Piece(3, "<", b"AT+CIPSHUT\r\r\nSHUT OK\r\n")]
    return exchanges_of(pieces)
