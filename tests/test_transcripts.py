"""Every transcript over a memory line, typed whole, byte by byte and in random pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from support.servers.pages import pages
from support.servers.peers import simulated
from transcript import SPLITS, BadTranscriptError, Transcript, every, parse, play

if TYPE_CHECKING:
    from pathlib import Path

#: Where `@ serve` serves on the simulated network.
ORIGIN = "origin.test"


async def over_memory(transcript: Transcript, split: str) -> None:
    network = SimulatedNetwork(LoopClock())
    network.serve(ORIGIN, 80, pages(transcript.pages))
    peers = transcript.make_peers()
    simulated(network, peers)
    host, module = memory_pair()
    await play(
        transcript,
        host,
        module,
        network,
        origin=ORIGIN,
        split=SPLITS[split],
        real_time=False,
        peers=peers,
    )


@pytest.mark.parametrize("transcript", every(), ids=str)
def test_over_memory(transcript: Transcript) -> None:
    for split in SPLITS:
        try:
            run_virtual(over_memory(transcript, split))
        except BaseException as error:
            error.add_note(f"typed {split}")
            raise


# --- the runner itself --------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    path = folder / "t.txt"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "place", "got"),
    [
        (r"> b'AT\r'" "\n" r"< b'AT\r\r\nERROR\r\n'", "t.txt:2", r"b'AT\r\r\nOK\r\n'"),
        (r"> b'AT\r'" "\n" r"< b'AT\r\r\nOK\r\n\r\n'", "t.txt:2", r"b'AT\r\r\nOK\r\n'"),
        (r"> b'AT\r'" "\n" r"< b'AT\r'", "t.txt: the end", r"b'\r\nOK\r\n'"),
        ("> b'AT'\n@ silence 1", "t.txt:2", "b'AT'"),
        ("> b'\\xff' * 3\n@ silence 1", "t.txt:2", r"b'\xff\xff\xff'"),
        (r"> b'AT\r'" "\n< ...\n< b'never'", "t.txt:3", r"b'AT\r\r\nOK\r\n'"),
    ],
)
def test_another_answer_is_shown_with_its_place(
    tmp_path: Path, text: str, place: str, got: str
) -> None:
    transcript = parse(written(tmp_path, text))
    with pytest.raises(AssertionError) as failure:
        run_virtual(over_memory(transcript, "whole"))
    assert str(failure.value).startswith(f"{place}:\n")
    assert str(failure.value).endswith(f"received {got}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"> b'AT\r'", "t.txt: expects nothing"),
        ("# nothing", "t.txt: expects nothing"),
        ("< b''", "t.txt:1: .*not empty"),
        ("< 'OK'", "t.txt:1: .*bytes literal"),
        ("< b'OK", "t.txt:1: "),
        ("hello", "t.txt:1: .*begins with"),
        ("@ dance", "t.txt:1: .*unknown directive"),
        ("@ event rain", "t.txt:1: .*events are"),
        ("@ wait long", "t.txt:1: "),
        ("@ tcp server loud", "t.txt:1: .*echoes or does not"),
        ("@ peer server close", "t.txt:1: .*peers are led by"),
        ("@ tcp server\n@ peer server dance", "t.txt:2: .*peers are led by"),
        ("< b'a'\n< ...", "t.txt:2: no literal"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadTranscriptError, match=reason):
        parse(written(tmp_path, text))


def test_serve_answers_exactly_what_is_written(tmp_path: Path) -> None:
    lines = (
        r"""@ serve /a 200 b'Hello\n' | ETag: W/"1" | Date: now""",
        "@ serve /gone 410 b''",
        "@ silence 1",
    )
    transcript = parse(written(tmp_path, "\n".join(lines)))

    async def ask(request: bytes) -> bytes:
        network = SimulatedNetwork(LoopClock())
        network.serve(ORIGIN, 80, pages(transcript.pages))
        stream = await network.connect(await network.resolve(ORIGIN), 80)
        await stream.write(request)
        answer = b""
        while data := await stream.read(9999):
            answer += data
        return answer

    head = b'HTTP/1.1 200 OK\r\nETag: W/"1"\r\nDate: now\r\nContent-Length: 6\r\n\r\n'
    assert run_virtual(ask(b"HEAD /a HTTP/1.1\r\n\r\n")) == head
    posted = b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"
    assert run_virtual(ask(posted)) == head + b"Hello\n"
    assert run_virtual(ask(b"GET /gone HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 410 Gone\r\n")
    assert run_virtual(ask(b"GET /b HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 404 Not Found\r\n")
