"""A command that is stopped before its work begins: one object, one line, and never a traceback."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from atwin import cli
from atwin.cli import app

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://127.0.0.1:9/x"


def interrupt(*given: Any, **named: Any) -> None:
    raise KeyboardInterrupt


def test_a_download_that_has_only_read_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = import_module("atwin.host.http.setup")
    monkeypatch.setattr(setup.Setup, "of", interrupt)
    target = str(tmp_path / "f")
    assert app.run(["get", URL, "-o", target, "--json"]) == 130
    out, err = capsys.readouterr()
    line = "interrupted; nothing was kept yet"
    assert err == f"atwin: {line}\n"
    told = {"error": line, "exit_code": 130, "url": URL, "file": target, "bytes_kept": 0}
    assert json.loads(out) == told


@pytest.mark.parametrize("where", ["run", "_written_out"])
def test_the_program_as_it_begins_and_ends(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app if where == "run" else cli, where, interrupt)
    monkeypatch.setattr("sys.argv", ["atwin", "models"])
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
