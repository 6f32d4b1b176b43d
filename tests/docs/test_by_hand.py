"""The shell lines of docs/howto/by-hand.md talk to a module."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from prove.programs.table import OTHERS, PYTHON
from support.running.program import twin_running

PAGE = (Path(__file__).parents[2] / "docs/howto/by-hand.md").read_text()


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_that_keeps_the_pty_open(shell: str, tmp_path: Path) -> None:
    (lines,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    link = tmp_path / "module"
    with twin_running("--model", "air780e-at", "--pty", link):
        ended = subprocess.run(
            [shell, "-c", lines.replace("/tmp/module", str(link))],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.replace("\r", "").split() == ["AT+CGMM", "+CGMM:", '"Air780E"', "OK"]


def test_the_shell_may_start_before_the_twin_is_ready(tmp_path: Path) -> None:
    (lines,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    link = tmp_path / "module"
    command = ["sh", "-c", lines.replace("/tmp/module", str(link))]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell,
        twin_running("--model", "air780e-at", "--pty", link),
    ):
        said, _ = shell.communicate(timeout=30)
    assert said.split()[-1] == "OK"


def test_the_chinese_page_has_the_same_lines_and_programs() -> None:
    chinese = (Path(__file__).parents[2] / "docs/howto/by-hand.zh.md").read_text()
    assert re.findall(r"```sh\n.*?```", chinese, re.DOTALL) == re.findall(
        r"```sh\n.*?```", PAGE, re.DOTALL
    )
    assert [program.name for program in (*PYTHON, *OTHERS) if program.name not in chinese] == []


def test_the_table_of_programs_has_those_that_are_run() -> None:
    rows = re.findall(r"^\| (.+) \| `(.+)` \| (\S+) \| all \|$", PAGE, re.MULTILINE)
    assert [row[:2] for row in rows] == [(p.name, p.install) for p in (*PYTHON, *OTHERS)]
    # Those of Debian are what its next release has.
    assert {row[2] for row in rows} >= {p.installed for p in PYTHON if p.installed}
