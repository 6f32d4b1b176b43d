"""What was imported from elsewhere in 0.1 works in 0.2, and says where it is today."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from atwin import __version__
from atwin.moved import MOVED, places
from support.running.blocks import blocks, run_block

BLOCKS = blocks(Path(__file__).with_name("shown_in_0_1.md"))
NAMES = [(module, name, new) for module in MOVED for name, new in places(module).items()]


@pytest.mark.parametrize(("block", "shown"), BLOCKS)
def test_an_old_program_runs(block: str, shown: str, tmp_path: Path) -> None:
    run = run_block(block, tmp_path)
    assert (run.returncode, run.stdout) == (0, shown)
    warnings = [line for line in run.stderr.splitlines() if not line.startswith(" ")]
    assert warnings
    assert all("DeprecationWarning: atwin." in line for line in warnings)


@pytest.mark.parametrize(("module", "name", "new"), NAMES)
def test_each_old_name_is_the_new_one(module: str, name: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"{module}\.{name} has moved to {new};") as told:
        found = getattr(import_module(module), name)
    place, _, today = new.rpartition(".")
    assert found is getattr(import_module(place), today)
    assert told[0].filename == __file__


def test_a_port_that_the_caller_opens() -> None:
    with pytest.warns(DeprecationWarning, match="connect"):
        from atwin.host import connect  # type: ignore[attr-defined]

    async def nowhere() -> None:
        raise OSError("nowhere")

    with pytest.raises(OSError, match="nowhere"):
        connect(nowhere)


@pytest.mark.parametrize("module", MOVED)
def test_a_name_that_never_was_there(module: str) -> None:
    with pytest.raises(AttributeError, match="colour"):
        import_module(module).colour  # noqa: B018 - the asking is the test


def test_they_go_after_this_release() -> None:
    assert __version__.startswith("0.2."), "atwin.moved and this file go now"
