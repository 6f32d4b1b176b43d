"""What is wrong with a command line is said in one line, with exit code 2."""

from __future__ import annotations

import asyncio
import json
import sys
from pkgutil import iter_modules
from subprocess import run
from typing import TYPE_CHECKING

import click
import pytest

from atwin import __version__
from atwin.cli import commands
from atwin.cli.app import COMMANDS, read_command
from atwin.cli.app import run as run_here
from atwin.cli.module import read_ahead
from atwin.clock import run_virtual
from atwin.models import MODELS
from support.running.program import atwin, only_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fly"], "No such command 'fly'"),
        (["get"], "Missing argument 'URL'; see atwin get --help"),
        (["get", "http://h/f", "--fast"], "--fast"),
        (["get", "http://h/f", "--strategy", "fast"], "--strategy"),
        (["get", "http://h/f", "-o", "-"], "a download goes to a file"),
        (["get", "http://h/f", "--port", "twin://sim800"], "unknown model 'sim800'; there are air"),
        (["get", "http://h/f", "--port", "twin://air724ug?fast=1"], "no flag called fast"),
        (["get", "http://h/f", "--port", "twin://air724ug?baud=9601"], "give max, or one of 600, "),
        (["get", "http://h/f", "--sha256", "12"], "64 hexadecimal digits"),
        (["get", "http://h/f", "--chunk", "999999"], "319488"),
        (["get", "http://h/f", "--strategy", "stream"], "cannot stream"),
        (["get", 'http://h/"f"'], "write %20 or %22"),
        (["post", "http://h/f"], "Missing option '--data'"),
        (["post", "http://h/f", "--data", "@/nowhere"], "cannot read /nowhere: No such file"),
        (["twin", "--model", "sim800"], "unknown model 'sim800'"),
        (["twin", "--baud", "fast"], "max, or one of 600"),
        (["twin", "--pty", "/tmp/x", "--pty", "/tmp/x"], "each module needs one of its own"),
        (["twin", "--tcp", "7000"], "it takes HOST:PORT"),
        (["twin", "--tcp", "127.0.0.1:" + "7" * 5000], "it takes HOST:PORT"),
        (["twin", "--rfc2217", "127.0.0.1:٧٠٠٠"], "it takes HOST:PORT"),
        (["twin", "--seed", "-1"], "--seed"),
        (["twin", "--faults", "pdp_lots"], "No such file or directory; by name there are body_cut"),
        (
            ["twin", "--faults", "pdp_lost.toml"],
            "cannot read it: No such file or directory; see at",
        ),
        (["faults", "pdp_lots"], "there is no plan 'pdp_lots'; there are body_cut_short, "),
    ],
)
def test_a_wrong_command_line(arguments: list[str], said: str) -> None:
    ended = atwin(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    line = only_line(ended.stderr)
    assert line.startswith("atwin: ")
    assert said in line


def test_no_arguments_show_the_help() -> None:
    ended = atwin()
    assert ended.returncode == 2
    assert "Commands:" in ended.stdout


def _with_help() -> Iterator[str]:
    """Every command; of `trace`, which has commands of its own, each of those."""
    for name in COMMANDS:
        command = read_command(name)
        if isinstance(command, click.Group):
            yield from (f"{name} {inner}" for inner in command.commands)
        else:
            yield name


@pytest.mark.parametrize("command", [*_with_help()])
def test_every_command_has_help_with_an_example(command: str) -> None:
    ended = atwin(*command.split(), "--help")
    assert ended.returncode == 0
    assert f"atwin {command}" in ended.stdout.partition("Example")[2]


def test_every_file_of_commands_is_a_command() -> None:
    there = {module.name for module in iter_modules(commands.__path__)}
    assert there == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_own_help_says(name: str) -> None:
    assert COMMANDS[name] == read_command(name).get_short_help_str(limit=1000)


def test_version() -> None:
    assert atwin("--version").stdout == f"atwin {__version__}\n"


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        (["--help"], "atwin.at atwin.text atwin.cli.commands atwin.models logging"),
        (["models"], "atwin.twin atwin.host atwin.line logging"),
        (["faults"], "atwin.twin.faults.kinds atwin.host atwin.line logging"),
        (["get", "--help"], "atwin.twin atwin.host atwin.net"),
    ],
)
def test_what_only_prints_loads_nothing_heavy(words: list[str], unused: str) -> None:
    heavy = f"asyncio cryptography OpenSSL tlslite prompt_toolkit tqdm serialx {unused}".split()
    probe = (
        f"import sys; from atwin.cli.app import run; code = run({words}); "
        f"print(code, [m for m in {heavy} if m in sys.modules])"
    )
    ended = run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "0 []"


def test_models_as_a_table() -> None:
    lines = atwin("models").stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(MODELS)]] == [*MODELS]
    assert lines[2].endswith("Air780E, LSAT firmware          AirM2M_780E_V1167_LTE_LSAT")
    assert lines[len(MODELS) + 1].split() == [*MODELS]
    assert max(map(len, lines)) <= 80, "wider than a terminal"
    assert ["http_buffer", "319488", "4096", "131072", "4096", "4096"] in [
        line.split() for line in lines
    ]


def test_models_as_json() -> None:
    described = {
        model["model"]: model for model in json.loads(atwin("models", "--json").stdout)["models"]
    }
    assert list(described) == list(MODELS)
    assert described["air780e-at"]["limits"]["post_limit"] == 3356
    assert described["air780e-at"]["features"]["gettofs"] is True


def test_models_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('like = "air780e-at"\n[limits]\nhttp_buffer = 8192\n')
    table = atwin("models", f"{tmp_path}/mine.toml", "air780e-at@V1122")
    lines = table.stdout.splitlines()
    assert lines[3].split() == ["mine", "air780e-at@V1122"]
    assert ["http_buffer", "8192", "4096"] in [line.split() for line in lines]
    levels = atwin("models", "--commands", f"{tmp_path}/mine.toml")
    assert levels.stdout.splitlines()[0].split() == ["command", "mine"]
    assert [word in levels.stderr for word in ("full", "answered", "absent", "missing")] == [
        True
    ] * 4
    refused = atwin("models", "air780")
    assert refused.returncode == 2
    assert only_line(refused.stderr).startswith("atwin: unknown model 'air780'; there are ")


def test_a_defect_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(key: str) -> None:
        raise ZeroDivisionError("in two\nlines")

    monkeypatch.setattr("atwin.models.load_profile", broken)
    monkeypatch.delenv("ATWIN_DEBUG", raising=False)
    assert run_here(["models"]) == 3
    line = only_line(capsys.readouterr().err)
    assert line.startswith("atwin: ZeroDivisionError: in two lines; ")
    assert "ATWIN_DEBUG=1" in line
    monkeypatch.setenv("ATWIN_DEBUG", "1")
    assert run_here(["models"]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "more"), [(["get", "-o", "f"], []), (["head"], ["atwin.host.download", "filelock"])]
)
def test_a_request_loads_nothing_that_it_does_not_use(
    words: list[str], more: list[str], tmp_path: Path
) -> None:
    unused = ["cryptography", "OpenSSL", "tlslite", "prompt_toolkit", "tqdm", "serialx", "serial"]
    unused += [
        "zipfile",
        "tempfile",
        "importlib.resources",
        "atwin.twin.faults",
        "atwin.twin.script",
    ]
    unused += ["atwin.twin.chapters.tcp", "atwin.cli.commands.traffic", "atwin.trace.dialogue"]
    unused += more
    words = [*words, "http://127.0.0.1:9/x", "--give-up", "0"]
    probe = (
        "import sys; from atwin.cli.app import run; "
        f"code = run([*{words}, '--port', 'twin://air724ug?time_scale=0']); "
        f"print(code, [m for m in {unused} if m in sys.modules])"
    )
    command = [sys.executable, "-c", probe]
    ended = run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ended.stdout == "3 []\n"


def test_code_is_read_one_file_after_the_other_while_a_module_takes_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("read_ahead_1", "read_ahead_2")
    monkeypatch.syspath_prepend(tmp_path)
    for name in names:
        (tmp_path / f"{name}.py").touch()

    async def main() -> None:
        read_ahead(*names)
        for there in (0, 1, 2):
            assert sum(name in sys.modules for name in names) == there
            await asyncio.sleep(0.0015)

    run_virtual(main())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_no_sign_of_its_layout(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert "\\b" not in told
    assert "\b" not in told
