"""What the API says of itself is true: requests are made up from its OpenAPI, of a running twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from atwin.control.web.openapi import description
from atwin.session.loop_thread import LoopThread
from control.web.conftest import Panel, served
from support.running.sampling import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

#: All but the stream, which never ends.
OPERATIONS = {
    str(result.ok().definition.raw["operationId"]): result.ok()
    for result in schemathesis.openapi.from_dict(description()).get_all_operations()
    if isinstance(result, Ok) and not result.ok().path.endswith("/events")
}
#: Those whose values depend on each other in ways that no schema says.
HINTED = {"fault", "answer", "urc", "resolve"}
#: Seconds that an action may take here, and requests for an operation and kind.
SHORT, MANY = 0.005, 300 if WHOLE else 2
KINDS = [
    (mode, name)
    for mode in GenerationMode
    for name in OPERATIONS
    if (mode, name) != (GenerationMode.NEGATIVE, "health")  # there nothing can be wrong
]


@pytest.fixture(scope="module")
def own() -> Iterator[Panel]:
    """Of a twin that may be left in any state."""
    thread = LoopThread("panel", served(["air780e-at"]))
    try:
        yield Panel(thread)
    finally:
        thread.end()


def test_every_operation_is_described_once(own: Panel) -> None:
    status, served_one = own.ask("GET", "/api/openapi.json")
    assert (status, served_one) == (200, description())
    ids = [
        operation["operationId"]
        for methods in description()["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len({*ids}) > 20


@pytest.mark.sampled
@pytest.mark.parametrize(("mode", "name"), KINDS, ids=str)
def test_an_operation_keeps_to_its_description(own: Panel, mode: GenerationMode, name: str) -> None:
    """Good requests are done, bad ones refused, with the statuses and bodies that are described."""

    @settings(
        max_examples=MANY,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(OPERATIONS[name].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if isinstance(case.body, dict) and type(case.body.get("seconds")) in (int, float):
            case.body["seconds"] = min(case.body["seconds"], SHORT)
        if mode is GenerationMode.POSITIVE:
            case.path_parameters["number"] = 1
        case.call_and_validate(
            base_url=own.url.partition("/?")[0],
            headers=own.headers,
            timeout=20,
            excluded_checks=[positive_data_acceptance] if name in HINTED else [],
        )

    check()
