"""Whatever breaks, or does not end, inside of a device is a row that says where."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from atwin.fleet.device.guard import RunawayError, cpu_limit, shortened
from atwin.fleet.device.row import Row
from atwin.fleet.device.simulate import simulate
from atwin.host.modem import Modem
from atwin.twin.chapters.http.client import HttpClient
from support.fleet.plans import planned

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Broken = Callable[..., Coroutine[Any, Any, Any]]


async def _raise(*_: Any, **__: Any) -> None:
    raise LookupError("no such thing")


async def _in_a_callback(self: Modem, **_: Any) -> None:
    asyncio.get_running_loop().call_soon(lambda: [][0])
    raise OSError("beside it")


async def _in_a_task(self: Modem, **_: Any) -> list[Any]:
    async def work() -> None:
        raise ZeroDivisionError

    task = asyncio.get_running_loop().create_task(work())
    task.circle = task  # type: ignore[attr-defined]  # only a collection finds it
    await asyncio.sleep(1)
    return []


async def _for_ever(self: Modem, **_: Any) -> None:
    await asyncio.Event().wait()


async def _deaf(self: Modem, **_: Any) -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


async def _busy(self: Modem, **_: Any) -> None:
    while True:
        pass


async def _turning(self: Modem, **_: Any) -> None:
    while True:  # noqa: ASYNC110
        await asyncio.sleep(0)


def checked(row: Row) -> Row:
    """It passes for a row, and is short."""
    assert Row.from_dict(row.as_dict()) == row
    assert (row.ok, row.exit_code) == (False, 3)
    assert "/work" not in row.traceback
    assert row.error
    assert "\n" not in row.error
    return row


def test_the_host_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Modem, "download", _raise)
    row = checked(simulate(planned(), 0))
    assert (row.cause, row.error) == ("crash", "LookupError: no such thing")
    assert 'File "atwin/fleet/device/life.py"' in row.traceback
    assert [attempt.cause for attempt in row.attempts] == ["crash"]
    assert row.seconds > 0


def test_the_twin_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its host hears of an error like any other, and may even have its file in the end."""
    monkeypatch.setattr(HttpClient, "connect", _raise)
    row = checked(simulate(planned(), 0))
    assert (row.cause, row.error) == ("crash", "LookupError: no such thing")
    assert 'File "atwin/twin/chapters/http/client.py"' in row.traceback


@pytest.mark.parametrize(
    ("broken", "what"), [(_in_a_callback, "OSError: beside it"), (_in_a_task, "ZeroDivisionError")]
)
def test_what_runs_beside_breaks(
    monkeypatch: pytest.MonkeyPatch, broken: Broken, what: str
) -> None:
    monkeypatch.setattr(Modem, "recover", broken)
    row = checked(simulate(planned(), 0))
    assert (row.cause, row.error) == ("crash", what)


# What is left of one that never ends goes with the loop, and cannot be awaited any more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("broken", [_for_ever, _deaf])
def test_nothing_more_happens(monkeypatch: pytest.MonkeyPatch, broken: Broken) -> None:
    monkeypatch.setattr(Modem, "recover", broken)
    row = checked(simulate(planned(), 0))
    assert row.cause == "hang"
    assert f"in {broken.__name__}" in row.traceback
    assert row == simulate_again(row)


def simulate_again(row: Row) -> Row:
    from dataclasses import replace

    return replace(simulate(planned(), row.device), cpu_seconds=row.cpu_seconds)


@pytest.mark.parametrize("broken", [_busy, _turning])
@pytest.mark.parametrize("threaded", [False, True])
def test_it_turns_in_circles(
    monkeypatch: pytest.MonkeyPatch, broken: Broken, threaded: bool
) -> None:
    monkeypatch.setattr(Modem, "recover", broken)
    monkeypatch.setattr("atwin.fleet.device.simulate._CPU", 0.1)
    monkeypatch.setattr("atwin.fleet.device.simulate._CPU_PER_MIB", 0.0)
    rows = list[Row]()
    if threaded:
        worker = threading.Thread(target=lambda: rows.append(simulate(planned(), 0)))
        worker.start()
        worker.join()
    else:
        rows.append(simulate(planned(), 0))
    assert checked(rows[0]).cause == "hang"
    assert f"in {broken.__name__}" in rows[0].traceback


def test_a_person_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(self: Modem, **_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Modem, "recover", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulate(planned(), 0)


def test_a_number_that_is_no_device() -> None:
    with pytest.raises(IndexError):
        simulate(planned(devices=3), 3)


def test_the_limit_counts_this_thread_alone_and_ends_with_its_block() -> None:
    with cpu_limit(0.1):
        time.sleep(0.15)  # takes no CPU time
        other = threading.Thread(target=lambda: sum(range(6_000_000)))
        other.start()
        other.join()
    with pytest.raises(RunawayError), cpu_limit(0.05):
        sum(1 for _ in itertools.count())
    assert sum(range(1000))  # nothing comes late


@pytest.mark.timeout(20)
def test_the_limit_leaves_nothing_with_the_interpreter() -> None:
    """Python 3.11 stands still under a profiler where an exception of a thread was taken back."""
    with cpu_limit(10):
        pass
    before = sys.getprofile()
    sys.setprofile(lambda *_: None)
    try:
        assert shortened("") == ""
    finally:
        sys.setprofile(before)


def test_a_traceback_is_short_and_the_same_everywhere() -> None:
    text = 'File "/home/me/src/atwin/host/modem.py", line 1\n<object at 0x7f3a>\n'
    assert shortened(text) == 'File "atwin/host/modem.py", line 1\n<object at 0x…>\n'
    text = 'File "/usr/lib/python3.11/asyncio/base_events.py", line 1\n'
    assert shortened(text) == 'File "asyncio/base_events.py", line 1\n'
    assert len(shortened("x" * 50_000)) <= 8000
