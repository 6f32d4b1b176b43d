"""Workflows of the forge are valid, and what they run is there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from release.dist import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_they_are_valid() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    ran = subprocess.run(
        [*check, "vendor.github-workflows", *WORKFLOWS], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_they_run_is_there(path: object) -> None:
    text = (ROOT / str(path)).read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for words in re.findall(r"run:.*?\bmake ([a-z ]+)", text):
        assert {*words.split()} <= targets
    for script in re.findall(r"run: (\.ci/\w+)", text):
        assert (ROOT / script).exists()
    for module in re.findall(r"python3 -m (tests\.[\w.]+)", text):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()
