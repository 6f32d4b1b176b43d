"""The modules of one test: made as marker, parameter and options ask, closed at its end."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn, Self
from zlib import crc32

import pytest

from atwin.disk.errors import DiskError
from atwin.disk.json_lines import JsonLines
from atwin.disk.state import StateError
from atwin.host.errors import OptionError, UsageError
from atwin.line.frame import USUAL_RATE
from atwin.line.port import PortError
from atwin.models import UnknownModelError
from atwin.pytest_plugin.real import RealRig
from atwin.pytest_plugin.replayed import ReplayRig
from atwin.pytest_plugin.wishes import ALONE, TWIN_ONLY, Wishes, line_of
from atwin.session.url import check_rate
from atwin.trace.trace import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.pytest_plugin.rig import Rig

_ASKED_WRONGLY = (DiskError, PortError, StateError, UnknownModelError, UsageError, ValueError)
#: Characters of a test's name in the name of a file, and what they may be.
_LONGEST_NAME = 150
_UNSAFE = re.compile(r"[^\w.,=+@\[\]-]+")


class Rigs:
    """All modules of the test that `request` is of; `made` has them in order."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.made: list[Rig] = []
        self._config = request.config
        self._test: str = request.node.nodeid
        self._open = ExitStack()
        self._asked: dict[str, Any] = {}
        for mark in reversed(list(request.node.iter_markers("atwin"))):
            if mark.args:
                self._fail(f"{mark.args[0]!r}: name it, such as model={mark.args[0]!r}")
            self._asked |= mark.kwargs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._open.close()

    def make(self, **asked: Any) -> Rig:
        """One more, by the marker and `asked`."""
        models = self._config.getoption("atwin_model")
        asked = ({"model": models[0]} if models else {}) | self._asked | asked
        why = ""
        try:
            port = self._config.getoption("atwin_port")
            rig = self._twin(asked) if port is None else self._real(port, asked)
        except _ASKED_WRONGLY as error:
            why = str(error)
        if why:  # shown here, where pytest has no other error to show beside it
            self._fail(why)
        self.made.append(rig)
        self._open.callback(rig.close)
        return rig

    def _twin(self, asked: dict[str, Any]) -> Rig:
        if "replay" in asked:
            return ReplayRig.replaying(asked, line_of(asked), self._test, self._sink())
        wishes = Wishes.of(asked)
        name = f"atwin {len(self.made) + 1}: {wishes.twin.profile.key}"
        return wishes.kind.of(name, wishes, self._test, self._sink())

    def _real(self, port: str, asked: dict[str, Any]) -> Rig:
        wanted = [name for name in asked if name in TWIN_ONLY]
        if wanted:
            pytest.skip(f"{' and '.join(wanted)}: only a twin can be so, and this is {port}")
        if self.made:
            pytest.skip(f"there is one module at {port}, and this test asks for more")
        models = self._config.getoption("atwin_model")
        if models and asked["model"] not in models:
            pytest.skip(f"this test is for {asked['model']}, and --atwin-model says {models[0]}")
        if unknown := asked.keys() - ALONE:
            raise OptionError(f"{', '.join(sorted(unknown))}: there is {', '.join(sorted(ALONE))}")
        rate = check_rate("baud", str(asked.get("baud", USUAL_RATE)))
        return RealRig.at(port, rate, self._test, self._sink())

    def _sink(self) -> Callable[[str], None]:
        """Where the trace goes."""
        folder = self._config.getoption("atwin_trace")
        if folder is None:
            return lambda lines: None
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OptionError(f"--atwin-trace {folder}: {error.strerror}") from None
        name = file_name(self._test)
        number = f"-{len(self.made) + 1}" if self.made else ""
        file = JsonLines(os.path.join(folder, f"{name}{number}.trace"), FORMAT)
        self._open.callback(file.close)
        return file.append

    def _fail(self, why: str) -> NoReturn:
        pytest.fail(f"atwin: {why}", pytrace=False)


def file_name(test: str) -> str:
    """A name for a file of `test` alone: with a checksum where the name has lost something."""
    plain = test.replace("/", ".").replace("::", "-")
    name = _UNSAFE.sub("_", plain)[-_LONGEST_NAME:]
    return name if name == plain else f"{name}-{crc32(test.encode()):08x}"
