"""Every transcript on every kind of line, typed whole, byte by byte and in random pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from atwin.clock import run_virtual
from atwin.line.memory import memory_pair
from support.no_network import NoNetwork
from transcript import (
    BadTranscriptError,
    Transcript,
    at_random,
    parse,
    play,
    single,
    whole,
)

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))
SPLITS = {"whole": whole, "bytes": single, "random": at_random(1), "random again": at_random(2)}


async def over_memory(transcript: Transcript, split: str) -> None:
    host, module = memory_pair()
    await play(
        transcript, host, module, NoNetwork(), origin="", split=SPLITS[split], real_time=False
    )


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_over_memory(path: Path, split: str) -> None:
    run_virtual(over_memory(parse(path), split))


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
        ("< b'a'\n< ...", "t.txt:2: no literal"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadTranscriptError, match=reason):
        parse(written(tmp_path, text))
