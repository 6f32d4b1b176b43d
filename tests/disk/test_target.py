"""What may be written over, and what a replaced file hands on."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from atwin.disk.errors import DiskError
from atwin.disk.journal import Journal
from atwin.disk.part import PartFile
from atwin.disk.target import find_target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root may make a device")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


SPECIAL: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a device": _device,
    "a socket": _socket,
    "a directory": os.mkdir,
}


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_stays_what_it_is(tmp_path: Path, kind: str, linked: bool) -> None:
    target = special = tmp_path / "x"
    SPECIAL[kind](special)
    if linked:
        target = tmp_path / "link"
        target.symlink_to(special)
    before = special.stat()
    for open_it in (find_target, PartFile, Journal):
        with pytest.raises(DiskError, match=f"cannot write {target}: it is {kind}; name a regular"):
            open_it(target)
    assert (special.stat().st_mode, special.stat().st_ino) == (before.st_mode, before.st_ino)
    assert not list(tmp_path.glob("*.part"))


def test_a_target_that_becomes_a_pipe_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with PartFile(target) as part:
        part.append(b"data")
        os.mkfifo(target)
        with pytest.raises(DiskError, match="it is a pipe"):
            part.finish()
    assert stat.S_ISFIFO(target.stat().st_mode)
    assert part.path.read_bytes() == b"data"


@pytest.mark.parametrize("there", [False, True])
def test_a_link_is_kept_and_what_it_points_to_is_replaced(tmp_path: Path, there: bool) -> None:
    real, link, second = tmp_path / "real" / "file", tmp_path / "link", tmp_path / "second"
    real.parent.mkdir()
    if there:
        real.write_bytes(b"old")
    link.symlink_to("real/file")
    second.symlink_to(link)
    with PartFile(second) as part:
        part.append(b"new")
        assert sorted(p.name for p in real.parent.iterdir() if p != real) == [
            "file.part",
            "file.part.lock",
        ]
        assert Journal(second).path == real.with_name("file.journal")
        part.finish()
    assert (os.readlink(second), os.readlink(link)) == (str(link), "real/file")
    assert real.read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "real", "second"]


def test_links_in_a_circle(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to(two)
    two.symlink_to(one)
    with pytest.raises(DiskError, match=f"cannot write {one}: Too many levels of symbolic links"):
        find_target(one)


@pytest.mark.parametrize("name", ["nowhere/file", "file/inside", "nowhere/", "n" * 300, "nul\0"])
def test_names_no_file_can_have(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="cannot write"):
        find_target(f"{tmp_path}/{name}")


def test_a_link_into_a_directory_that_is_not_there(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere/file")
    with pytest.raises(DiskError, match=f"cannot write {link}: No such file or directory"):
        find_target(link)


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o444])
def test_a_replaced_file_hands_on_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    target.chmod(mode)
    with PartFile(target) as part:
        part.append(b"new")
        assert stat.S_IMODE(part.path.stat().st_mode) == mode | 0o600
        part.finish()
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_bytes() == b"new"


def test_a_replaced_file_hands_on_its_owner(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    target = tmp_path / "file"
    target.write_bytes(b"old")
    os.chown(target, 1234, 1235)
    with PartFile(target) as part:
        part.append(b"new")
        part.finish()
    assert (target.stat().st_uid, target.stat().st_gid) == (1234, 1235)


def test_the_part_file_is_never_somebody_elses(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"old")
    (tmp_path / "file.part").symlink_to(precious)
    with pytest.raises(DiskError, match=r"cannot write .*file.part"):
        PartFile(tmp_path / "file")
    assert precious.read_bytes() == b"old"
