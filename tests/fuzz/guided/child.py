"""The process that is libFuzzer's: one fuzzer, with what it covers instrumented.

    python -m tests.fuzz.guided.child NAME SECONDS FOLDER LIBFUZZER-ARGUMENT...

It ends after SECONDS of processor time, or at the first find, whose bytes are then in FOLDER.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

from fuzz.guided.corpus import lay_out
from fuzz.guided.dice import GivenDice
from fuzz.guided.shrink import shrunk
from fuzz.guided.targets import TARGETS
from fuzz.runner import LONGEST, check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random
    from types import CodeType, ModuleType


class _Instrumented(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType | None:
        code = super().get_code(fullname)
        return code and atheris.patch_code(code, trace_dataflow=True)


class _Finder:
    """As `atheris.instrument_imports`, for the rooms that matter only: it takes 10 ms a file."""

    def __init__(self, rooms: tuple[str, ...]) -> None:
        self._rooms = rooms

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not any(f"{name}.".startswith(f"{room}.") for room in self._rooms):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Instrumented(spec.loader.name, spec.loader.path)
        return spec


def main(name: str, seconds: float, folder: Path, arguments: list[str]) -> None:
    """Does not return."""
    sys.meta_path.insert(0, _Finder(TARGETS.get(name, (f"fuzz.{name}",))))
    module = importlib.import_module(f"fuzz.{name}")
    seeds, words = lay_out(name, module)
    until = 0.0

    def one(data: bytes) -> None:
        nonlocal until
        until = until or time.process_time() + seconds
        try:
            check(module.attempt, GivenDice(data), LONGEST)
        except BaseException as error:
            kind, told = type(error), traceback.format_exc()
            (folder / "find").write_bytes(data)  # whatever comes of making it smaller
            small = shrunk(data, lambda less: _fails(module.attempt, less, kind))
            (folder / "find").write_bytes(small)
            print(told, file=sys.stderr, flush=True)
            os._exit(1)
        if time.process_time() > until:
            os._exit(0)

    if words.stat().st_size:  # libFuzzer takes no empty one
        arguments = [*arguments, f"-dict={words}"]
    atheris.Setup([name, *arguments, str(folder / "new"), str(seeds)], one)
    atheris.Fuzz()


def _fails(attempt: Callable[[Random], None], data: bytes, kind: type[BaseException]) -> bool:
    try:
        check(attempt, GivenDice(data), LONGEST)
    except BaseException as error:
        return type(error) is kind
    return False


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
