"""docs/reference/twin.md: the file it shows is one, and every key of such a file is named."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from atwin.session.config import KEYS, load_config
from atwin.session.several import Wants, modules
from support.running.program import start

PAGE = (Path(__file__).parents[2] / "docs/reference/twin.md").read_text()


def test_the_file_for_a_team(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "team.toml").write_text(shown)
    left, other = modules(Wants(), (), load_config(str(tmp_path / "team.toml")))
    assert (left.pty, left.twin.state) == (str(tmp_path / "left"), str(tmp_path / "state/1"))
    assert (other.tcp, other.twin.line.baud) == ("127.0.0.1:7000", 115200)
    assert other.twin.offline
    assert other.twin.faults is not None
    assert other.twin.script is not None


def test_every_key_is_named() -> None:
    assert [key for key in KEYS if f"`{key}`" not in PAGE] == []


@pytest.mark.parametrize("page", ["twin.md", "twin.zh.md"])
def test_an_update_over_the_air(page: str, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/reference" / page).read_text()
    (offer,) = re.findall(r"""echo '(\{"set": \{"update": ".+"\}\})'""", text)
    (log,) = re.findall(r"```\n(atwin\.twin the update .*?)```", text, re.DOTALL)
    control = tmp_path / "pins"
    with start("twin", "--tcp", "127.0.0.1:0", "--control", control, "--time-scale", "0") as twin:
        assert twin.stdout is not None
        assert twin.stderr is not None
        assert twin.stdout.readline().startswith(b"ready ")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(control))
            client.sendall(offer.encode() + b"\n")
            assert client.recv(9) == b'{"ok": tr'
        shown = log.splitlines()
        said = [twin.stderr.readline().decode().strip() for _ in shown]
        twin.terminate()
    assert [line[line.index("atwin.twin") :] for line in said] == shown
