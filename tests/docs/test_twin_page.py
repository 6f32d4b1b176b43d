"""docs/twin.md: the file it shows is one, and every key of such a file is named."""

from __future__ import annotations

import re
from pathlib import Path

from atwin.session.config import KEYS, load_config
from atwin.session.several import Wants, modules

PAGE = (Path(__file__).parents[2] / "docs/twin.md").read_text()


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
