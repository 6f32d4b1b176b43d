"""What holds for every test: hypothesis, signals, and samples of large cross products."""

from __future__ import annotations

import gc
import os
import signal
from itertools import islice

import pytest
from hypothesis import HealthCheck, settings

from support.running import sampling

pytest_plugins = ["support.page.browser"]

# No deadlines: they would measure how busy the machine is.
settings.register_profile(
    "sampled", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("whole", settings.get_profile("sampled"), max_examples=500)
#: Where a sync to the disk costs nothing; `make prove` has real ones.
_MEMORY = "/dev/shm"

settings.load_profile("whole" if sampling.WHOLE else "sampled")


def pytest_configure(config: pytest.Config) -> None:
    """Take SIGINT and SIGHUP as a terminal gives them, though `nohup` and `&` have them ignored.

    A signal with a handler has its default in a child, one that is ignored stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    if not sampling.WHOLE and _room(_MEMORY) > 4 << 30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)
    # The workers of xdist must draw the same samples: they are started after this.
    os.environ[sampling.SEED_NAME] = str(sampling.SEED)


def _room(folder: str) -> int:
    """Free bytes; 0 when it is not there."""
    try:
        return os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    except OSError:
        return 0


@pytest.hookimpl(tryfirst=True)  # before -k and -m, so that these do not change what is drawn
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not in the sample, unless it was asked for by its name.

    A process of xdist works on its tests in their order, and others take of the last ones: tests
    that wait for long begin first, for else one is waited for at the end, some in each process.
    Tests of pages stay together, with one browser.
    """
    if not sampling.WHOLE and not any("[" in argument for argument in config.args):
        kept, left_out = sampling.drawn(items)
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)
    items[:] = _dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _dealt(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """In the order in which xdist cuts them into as many pieces of equal length."""
    waits = [item for item in items if item.get_closest_marker("waits") is not None]
    pages = [item for item in items if "page" in getattr(item, "fixturenames", ())]
    first = {*waits, *pages}
    others = iter([item for item in items if item not in first])
    begins = [[*waits, *pages]]
    if processes > 1:
        begins = [pages, *(waits[at :: processes - 1] for at in range(processes - 1))]
    dealt, left = list[pytest.Item](), len(items)
    for at, begin in enumerate(begins):
        size = left // (processes - at)
        left -= size
        dealt += [*begin, *islice(others, max(0, size - len(begin)))]
    return [*dealt, *others]


def pytest_collection() -> None:
    """What is imported and collected stays: no collection of garbage looks through it.

    Where xdist only hands out tests none is needed later either.
    """
    gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How to have the same samples again."""
    drawn = "whole, not sampled" if sampling.WHOLE else "ATWIN_TEST_WHOLE=1 runs all of them"
    terminalreporter.write_line(f"samples: {sampling.SEED_NAME}={sampling.SEED} ({drawn})")
