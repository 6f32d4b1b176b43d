"""The pytest plugin: fixtures `atwin`, `atwin_factory` and `atwin_host` (docs/howto/pytest.md).

pytest imports this at every start, for everybody: it imports pytest alone, and the rest when a test
asks for a fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from atwin.pytest_plugin.rig import Rig
    from atwin.session.blocking import SyncModem

_MARKER = (
    "atwin(model=…, baud=…, faults=…, flags=…, cold=…, …): what the fixture `atwin` is to be;"
    " docs/howto/pytest.md of atwin has all keywords"
)

_RIGS = pytest.StashKey["list[Rig]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("atwin", "virtual modules (atwin)")
    group.addoption(
        "--atwin-model",
        action="append",
        metavar="MODEL",
        default=[],
        help="Model of the fixture `atwin` where a test asks for none; repeated, each test runs"
        " once with each. By default air724ug.",
    )
    group.addoption(
        "--atwin-trace",
        metavar="DIR",
        help="Write a trace of each module to a file in DIR; `atwin trace show` prints it.",
    )
    group.addoption(
        "--atwin-port",
        metavar="PORT",
        help="Run the tests on the real module at PORT, such as /dev/ttyUSB0; tests that need a"
        " twin are skipped.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known; one real module serves one process."""
    config.addinivalue_line("markers", _MARKER)
    if config.getoption("atwin_port") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--atwin-port: there is one module, so give -n 0 as well")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With several --atwin-model, a test that leaves its model open runs with each."""
    models = metafunc.config.getoption("atwin_model")
    if len(models) > 1 and "atwin" in metafunc.fixturenames:
        marks = metafunc.definition
        chosen = any(
            {"model", "replay"} & mark.kwargs.keys() for mark in marks.iter_markers("atwin")
        )
        given = [(*mark.args, mark.kwargs) for mark in marks.iter_markers("parametrize")]
        names = [one.get("argnames", "") if isinstance(one, dict) else one for one, *_ in given]
        names = [each.split(",") if isinstance(each, str) else each for each in names]
        if not chosen and "atwin" not in {name.strip() for each in names for name in each}:
            metafunc.parametrize("atwin", models, indirect=True)


@pytest.fixture
def atwin_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., Rig]]:
    """Make a module: `atwin_factory(model="air780e-at")`, with the keywords of the marker.

    Each call starts from the marker of the test. All modules end with the test.
    """
    from atwin.pytest_plugin.rigs import Rigs

    with Rigs(request) as rigs:
        request.node.stash[_RIGS] = rigs.made
        yield rigs.make


@pytest.fixture
def atwin(request: pytest.FixtureRequest, atwin_factory: Callable[..., Rig]) -> Rig:
    """A running module: `atwin.port` is what the program under test opens.

    `@pytest.mark.atwin(…)` says what it is to be. Indirect parametrisation takes a model, or a
    dictionary of the marker's keywords.
    """
    asked: Any = getattr(request, "param", {})
    return atwin_factory(**(asked if isinstance(asked, dict) else {"model": asked}))


@pytest.fixture
def atwin_host(atwin: Rig) -> Iterator[SyncModem]:
    """A host on the module of `atwin`, with the network up: `atwin_host.command("AT+CSQ")`."""
    with atwin.connect() as modem:
        yield modem


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, Any, None]:
    """The report of a test that failed shows the dialogue of its modules and their counters.

    One whose host said something else than the recorded one fails.
    """
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.when == "call" and report.passed:
        for rig in item.stash.get(_RIGS, []):
            if differences := rig.differences:
                report.outcome = "failed"
                report.longrepr = f"{rig.name}: the dialogue differs\n{differences}"
    if report.failed:
        report.sections += [(rig.name, rig.told()) for rig in item.stash.get(_RIGS, [])]
