"""A module's state in a directory: kept, atomic, locked, and nothing gets out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import run_virtual
from atwin.disk.state import StateDirectory, StateError
from atwin.line.ports.memory import memory_pair
from atwin.twin.board.flash import BadName, Flash, FlashError, normalise
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "air780e-at"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDirectory]:
    with StateDirectory(tmp_path / "module", MODEL) as state:
        yield state


def reopened(state: StateDirectory) -> StateDirectory:
    state.close()
    return StateDirectory(state.path, MODEL)


def test_records_and_files_come_back(state: StateDirectory) -> None:
    state.keep_records({"settings": {"echo": False, "ifc": [2, 2]}})
    state.make_directory("/USER")
    state.make_directory("/USER/HTTP")
    state.put_file("/USER/HTTP/ca.crt", b"\x00\xff")
    state.put_file("/user", b"not the directory")
    state.put_file("/gone", b"")
    state.remove_file("/gone")
    with reopened(state) as again:
        assert again.load_records() == {"settings": {"echo": False, "ifc": [2, 2]}}
        assert again.load_files() == {
            "/USER/HTTP/ca.crt": b"\x00\xff",
            "/user": b"not the directory",
        }
        assert set(again.load_directories()) == {"/USER", "/USER/HTTP"}
        again.remove_file("/USER/HTTP/ca.crt")
        again.remove_directory("/USER/HTTP")
    with StateDirectory(state.path, MODEL) as last:
        assert last.load_directories() == ["/USER"]


def test_a_half_written_file_is_not_there(state: StateDirectory) -> None:
    state.put_file("/a", b"old")
    (state.path / "new").write_bytes(b"ne")  # killed in the middle of a write
    with reopened(state) as again:
        assert again.load_files() == {"/a": b"old"}
        again.put_file("/a", b"new")
        assert again.load_files() == {"/a": b"new"}


def test_a_write_that_fails_leaves_the_old_content(state: StateDirectory) -> None:
    state.put_file("/a", b"old")
    (state.path / "new").mkdir()
    with pytest.raises(StateError, match="cannot write"):
        state.put_file("/a", b"new")
    assert state.load_files() == {"/a": b"old"}


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "...",
        "a.",
        ".a",
        "C:",
        "nul",
        "a b",
        "%41",
        "\xff",
        "\t",
        "A",
        "a" * 64,
        "~",
        "*",
    ],
)
def test_any_name_stays_inside_and_comes_back(state: StateDirectory, name: str) -> None:
    state.put_file(f"/{name}", b"x")
    assert state.load_files() == {f"/{name}": b"x"}
    kept = [path for path in state.path.rglob("*") if path.is_file()]
    assert len([path for path in kept if path.parent == state.path / "files"]) == 1


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_no_name_leaves_the_modules_root(name: str) -> None:
    try:
        path = normalise(name)
    except BadName:
        return
    parts = path.split("/")[1:]
    assert path.startswith("/")
    assert ".." not in parts
    assert "." not in parts
    assert "\0" not in path
    assert normalise(path) == path


def test_another_models_state_is_refused(state: StateDirectory) -> None:
    state.close()
    with pytest.raises(StateError, match=r"air780e-at, not air724ug: take --model air780e-at"):
        StateDirectory(state.path, "air724ug")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"version": 1, "model": "air780e-at"}',
        b'{"version": 1, "model": "air780e-at", "records": []}',
        b'{"version": 1, "model": "air780e-at", "records": {"settings": 1}}',
    ],
)
def test_a_damaged_record_is_one_clear_line(state: StateDirectory, content: bytes) -> None:
    state.close()
    (state.path / "module.json").write_bytes(content)
    with pytest.raises(
        StateError, match=r"^.*module\.json is damaged .*: restore or delete [^\n]*$"
    ):
        StateDirectory(state.path, MODEL)
    # The failed attempt let go of the lock.
    (state.path / "module.json").unlink()
    StateDirectory(state.path, MODEL).close()


def test_another_format_is_refused(state: StateDirectory) -> None:
    state.close()
    (state.path / "module.json").write_text(json.dumps({"version": 2, "model": 0, "records": 0}))
    with pytest.raises(StateError, match="format 2, not 1"):
        StateDirectory(state.path, MODEL)


def test_files_without_their_record_are_refused(state: StateDirectory) -> None:
    state.put_file("/a", b"x")
    state.close()
    (state.path / "module.json").unlink()
    with pytest.raises(StateError, match="damaged"):
        StateDirectory(state.path, MODEL)


def test_a_stranger_among_the_files_is_refused(state: StateDirectory) -> None:
    stranger = state.path / "files" / "README.md"
    stranger.write_bytes(b"")
    with pytest.raises(StateError, match=r"README\.md is damaged"):
        state.load_files()
    stranger.unlink()
    os.symlink("/", state.path / "files" / "link")
    with pytest.raises(StateError, match="neither file nor directory"):
        state.load_directories()


def test_a_second_process_is_refused(state: StateDirectory) -> None:
    code = (
        "import sys; from atwin.disk.state import *\n"
        "try: StateDirectory(sys.argv[1], 'air780e-at')\n"
        "except StateError as error: print(error)\n"
    )
    again = [sys.executable, "-c", code, str(state.path)]
    said = subprocess.run(again, capture_output=True, text=True, check=True, timeout=30).stdout
    assert said.strip() == (
        f"{state.path} is in use by another process: stop that one or take another"
    )
    state.close()
    assert subprocess.run(again, capture_output=True, check=True, timeout=30).stdout == b""


def test_a_place_that_is_no_directory_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateError, match=r"cannot use .*file"):
        StateDirectory(tmp_path / "file", MODEL)


def test_flash_that_does_not_reach_the_disk_did_not_happen(state: StateDirectory) -> None:
    flash = Flash(store=state)
    flash.write("/a", b"old")
    (state.path / "new").mkdir()
    with pytest.raises(FlashError, match="cannot write"):
        flash.write("/a", b"new")
    assert flash.read("/a") == b"old"


def test_a_module_remembers_across_processes(tmp_path: Path) -> None:
    async def run(lines: list[bytes]) -> bytes:
        host, module = memory_pair()
        with StateDirectory(tmp_path / "module", MODEL) as state:
            async with Twin(MODEL, module, network=NoNetwork(), state=state):
                terminal = Terminal(host)
                for line in lines:
                    terminal.type(line)
                    heard = await terminal.quiet()
                return heard

    run_virtual(
        run(
            [
                b"ATE0;+CMEE=2;+IFC=2,2;&W\r",
                b'AT+FSMKDIR="/d"\r',
                b'AT+FSCREATE="/d/A"\r',
                b'AT+FSWRITE="/d/A",0,3,10\r',
                b"abc",
            ]
        )
    )
    answer = run_virtual(run([b'AT+CMEE?;+IFC?;+FSLS="/d";+FSREAD="/d/A",0,9,0\r']))
    assert answer == b"\r\n+CMEE: 2\r\n\r\n+IFC: 2, 2\r\n\r\nA\r\n\r\nabc\r\nOK\r\n"
