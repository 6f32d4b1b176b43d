"""The fixture `atwin` with --atwin-port: a module that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from atwin.pytest_plugin.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable


class RealRig(Rig):
    """A module at a port: a test that asks more of it than its port is skipped."""

    def __init__(self, name: str, port: str) -> None:
        self.name = name
        self._port = port

    def close(self) -> None:
        """Nothing: whoever opened the port closes it."""

    def told(self) -> str:
        return "a real module: what was said on its line is not known here"

    def run(self, call: Callable[[Any], Any]) -> NoReturn:
        """Skips the test."""
        pytest.skip(f"only a twin can be looked into, and this is the module at {self._port}")

    def wait_for(self, pattern: str, timeout: float = 5.0) -> NoReturn:
        self.run(lambda twin: None)

    @property
    def traffic(self) -> NoReturn:
        self.run(lambda twin: None)

    def assert_no_loss(self) -> NoReturn:
        self.run(lambda twin: None)
