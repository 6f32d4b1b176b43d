"""examples/ci and the jobs of a page: valid files, steps that run, an image's command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from docs.running.page import Page, Shown
from support.running.patience import PATIENCE
from support.running.program import atwin, twin_running

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HERE = ROOT / "examples" / "ci"


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("github-actions", "action.yml"),
        ("compose-spec", "compose.yaml"),
    ],
)
def test_it_is_valid(schema: str, name: str) -> None:
    check(schema, HERE / name)


@pytest.mark.parametrize(
    ("schema", "name"),
    [("github-workflows", ".github/workflows/firmware.yml"), ("gitlab-ci", ".gitlab-ci.yml")],
)
def test_the_jobs_of_the_page_are_valid(schema: str, name: str, tmp_path: Path) -> None:
    page = Page(ROOT / "docs/howto/firmware-ci.md")
    (file,) = (one for one in page.items if isinstance(one, Shown) and one.name == name)
    (tmp_path / "job.yml").write_text(file.text, "utf-8")
    check(schema, tmp_path / "job.yml")


def check(schema: str, file: Path) -> None:
    """Fails when it is not what the schema says."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    ran = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def read(name: str) -> Any:
    """A YAML file."""
    return YAML(typ="safe").load(HERE / name)


def step(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub runs it; `folder` is the runner's own."""
    (found,) = (step for step in read("action.yml")["runs"]["steps"] if step["name"] == name)
    assert set(found["env"]) == set(environment)
    own = {"RUNNER_TEMP": str(folder), "GITHUB_ENV": str(folder / "env")}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
        env={**os.environ, **own, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def start(folder: Path, options: str) -> subprocess.CompletedProcess[str]:
    """The step that starts the twin."""
    return step("Start", folder, MODEL="air724ug", PORT=str(folder / "m"), OPTIONS=options)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Path]:
    """A runner's folder in which atwin is installed."""
    program = tmp_path / "atwin" / "bin" / "atwin"
    program.parent.mkdir(parents=True)
    started = tmp_path / "started"
    program.write_text(f'#!/bin/sh\necho $$ >{started}\nexec {sys.executable} -m atwin.cli "$@"\n')
    program.chmod(0o755)
    yield tmp_path
    with suppress(ProcessLookupError):  # an action leaves it to the end of the machine
        os.kill(int(started.read_text()), signal.SIGTERM)


def test_the_action_starts_a_module(runner: Path) -> None:
    ran = start(runner, "--seed 7 --offline")
    assert ran.stdout == f"ready {runner / 'm'}\n", ran.stderr
    port, pins = (line.split("=") for line in (runner / "env").read_text().splitlines())
    assert [port[0], pins[0]] == ["ATWIN_PORT", "ATWIN_PINS"]
    told = atwin("console", "--port", port[1], stdin="AT+CGSN\n")
    assert "864610050000075" in told.stdout
    assert Path(pins[1].partition(":")[2]).is_socket()


def test_the_action_tells_why_it_fails(runner: Path) -> None:
    ran = start(runner, "--baud fast")
    assert ran.returncode == 1
    assert ran.stdout.startswith("atwin: baud='fast'")


@pytest.mark.sampled(keep=0)
@pytest.mark.parametrize("package", [ROOT])
def test_the_action_installs_it(tmp_path: Path, package: Path) -> None:
    ran = step("Install", tmp_path, PACKAGE=str(package))
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "atwin" / "bin" / "atwin").exists()


def test_the_image_serves_a_module_that_is_healthy(tmp_path: Path) -> None:
    text = (HERE / "Dockerfile").read_text()
    (entry,), words = (
        json.loads(found) for found in re.findall(r"^(?:ENTRYPOINT|CMD) (.+)$", text, re.M)
    )
    assert entry == "atwin"
    pins = words[-1]
    service = read("compose.yaml")["services"]["module"]
    assert service["healthcheck"]["test"] == ["CMD", "test", "-S", pins]
    here = {"0.0.0.0:7000": "127.0.0.1:0", pins: str(tmp_path / "pins")}
    with twin_running(*(here.get(word, word) for word in words[1:])) as (_, address):
        end = time.monotonic() + PATIENCE
        while subprocess.run(["test", "-S", tmp_path / "pins"], check=False).returncode:
            assert time.monotonic() < end
        told = atwin("console", "--port", f"rfc2217://{address}", stdin="AT+CGMM\n")
    assert "OK" in told.stdout
