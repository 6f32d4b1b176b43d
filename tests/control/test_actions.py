"""The table of actions: each can be done, says what is wrong in one line, and then does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from atwin.control.actions import ACTIONS, BY_NAME, NotNowError, NotThereError, perform
from atwin.control.state import state
from support.modules.http_twin import action, on_http
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


def test_names_and_places_are_told_apart() -> None:
    assert len(BY_NAME) == len(ACTIONS) == len({(each.method, each.path) for each in ACTIONS})


@pytest.mark.parametrize("name", [each.name for each in ACTIONS if each.takes is not None])
@pytest.mark.parametrize("value", [[], "x", 1, None, {"no such key": 1}])
def test_what_is_no_value_is_refused_and_changes_nothing(name: str, value: Any) -> None:
    async def test(twin: Twin, _: Terminal) -> None:
        before = state(twin)
        with pytest.raises(ValueError, match=r".") as raised:
            await perform(BY_NAME[name], twin, value)
        assert len(str(raised.value).splitlines()) == 1
        assert state(twin) == before

    on_twin(test)


def test_one_fault_ends_by_its_number() -> None:
    async def test(twin: Twin, _: Terminal) -> None:
        first = await perform(BY_NAME["fault"], twin, {"kind": "weak_signal"})
        second = await perform(BY_NAME["fault"], twin, {"kind": "hang", "at_time": 1000})
        assert (first["id"], second["id"]) == (1, 2)
        after = await perform(BY_NAME["end_fault"], twin, 1)
        assert after["faults"]["at_work"] == []
        assert [fault["id"] for fault in after["faults"]["waiting"]] == [2]
        with pytest.raises(NotThereError, match="no fault 1 "):
            await perform(BY_NAME["end_fault"], twin, 1)

    on_twin(test)


def test_a_module_that_is_off_says_no_urc_now() -> None:
    async def test(twin: Twin, _: Terminal) -> None:
        await perform(BY_NAME["set"], twin, {"supply": 0})
        with pytest.raises(NotNowError, match="off"):
            await perform(BY_NAME["urc"], twin, {"text": "RING"})

    on_twin(test)


def test_every_kind_of_fault_is_listed_with_what_it_takes() -> None:
    async def test(twin: Twin, _: Terminal) -> None:
        answer = await perform(BY_NAME["faults"], twin)
        jsonschema.validate(answer, BY_NAME["faults"].gives)
        kinds = {kind["kind"]: kind for kind in answer["kinds"]}
        assert kinds["weak_signal"]["fields"]["rssi"] == {
            "type": "integer", "minimum": 0, "maximum": 99, "default": 0,
        }  # fmt: skip
        assert kinds["weak_signal"]["own"] == ["rssi"]
        assert all(kind["summary"].endswith(".") for kind in kinds.values())

    on_twin(test)


def test_traffic_is_told_as_its_schema_says() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await action(terminal)
        answer = await perform(BY_NAME["traffic"], twin)
        jsonschema.validate(answer, BY_NAME["traffic"].gives)
        assert [each["name"] for each in answer["actions"]] == ["HTTPACTION GET"]

    on_http(test)
