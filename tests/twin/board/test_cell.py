"""What may be changed of the network in reach, and what it is refused with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from atwin.twin.board.cell import Cell, Neighbour


def test_what_it_shows_it_takes() -> None:
    cell = Cell()
    cell.change({"rssi": 31, "neighbours": [{"pci": 7}, {}]})
    assert (cell.rssi, cell.neighbours) == (31, (Neighbour(pci=7), Neighbour()))
    other = Cell()
    other.change(json.loads(json.dumps(cell.shown())))
    assert other == cell


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rssi": 32}, "rssi: give a whole number from 0 to 31 or 99"),
        ({"rssi": True}, "rssi: give a whole number"),
        ({"rssi": 1.0}, "rssi: give a whole number"),
        ({"grants": 4}, "grants: give a whole number from 1 to 3 or 5"),
        ({"sends_nitz": 1}, "sends_nitz: give true or false"),
        ({"tac": "18FZ"}, "tac: give four hexadecimal digits"),
        ({"plmn": "46000\n"}, "plmn: give five or six digits"),
        ({"apn": 'a"'}, "apn: give up to 100 printable characters"),
        ({"long_name": ""}, "long_name: give up to 16"),
        ({"colour": 1}, "colour: a cell has grants, "),
        ({"_leases": 1}, "_leases: a cell has"),
        ({"neighbours": {}}, "neighbours: give a list of at most 6 cells"),
        ({"neighbours": [{}] * 7}, "neighbours: give a list of at most 6 cells"),
        ({"neighbours": [1]}, "neighbours: give objects: cell_id, earfcn"),
        ({"neighbours": [{"pci": 504}]}, "neighbours: pci: give a whole number from 0 to 503"),
        ({"neighbours": [{"band": 1}]}, "neighbours: band: a cell has"),
    ],
)
def test_what_makes_no_cell_changes_nothing(values: dict[str, Any], said: str) -> None:
    cell = Cell()
    with pytest.raises(ValueError, match="^" + said.replace("(", r"\(")) as error:
        cell.change({"band": 3} | values)
    assert "\n" not in str(error.value)
    assert cell == Cell()
