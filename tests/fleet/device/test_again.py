"""A device can be run again: with a trace, and alone by `atwin get`."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from atwin.disk.json_lines import read_json_lines
from atwin.fleet.device.again import rerun
from atwin.fleet.device.simulate import simulate
from atwin.host.errors import OptionError
from atwin.session.captures import read_line
from atwin.session.url import parse_port_url
from support.fleet.plans import planned, with_faults

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.fleet.device.row import Row


def told(row: Row) -> Any:
    """All of a row but what it cost; the order in which moments are added up does not count."""
    text = json.dumps(row.as_dict() | {"cpu_seconds": 0})
    return json.loads(text, parse_float=lambda number: round(float(number), 9))


def test_a_trace_and_a_capture_show_the_same_device(tmp_path: Path) -> None:
    campaign = with_faults(tmp_path, 'kind = "restart"\nat_byte = 15000')
    trace, pcap = str(tmp_path / "trace.jsonl"), str(tmp_path / "line.pcapng")
    alone = told(simulate(campaign, 3))
    assert told(simulate(campaign, 3, trace=trace, pcap=pcap)) == alone
    records = [record for some in read_json_lines(trace) for record in some]
    texts = [str(record) for record in records]
    assert any("atwin fleet plan.toml --device 3" in text for text in texts)
    assert any("restart begins" in text for text in texts)
    assert any("AT+HTTPINIT" in text for text in texts)
    assert "ended" in texts[-1]
    assert b"AT+HTTPINIT" in b"".join(piece.data for piece in read_line(pcap))


def test_a_trace_that_cannot_be_is_said_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--trace: cannot write"):
        simulate(planned(), 3, trace=str(tmp_path / "none" / "trace"))


def test_the_command_that_runs_it_alone() -> None:
    campaign = planned(
        model=[{"model": "air724ug?linger_s=2", "baud": 921600, "flow": "hardware", "part": 5000}],
        download={"size": 20_000, "strategy": "range", "part": 9000},
        faults=[{"share": 1}],
    )
    row = simulate(campaign, 5)
    words = shlex.split(rerun(campaign, row))
    assert words[:4] == ["atwin", "get", "URL", "--port"]
    assert words[5:] == ["--give-up", "30", "--strategy", "range", "--chunk", "5000"]
    asked = parse_port_url(words[4])
    assert asked.twin is not None
    assert asked.twin.profile == campaign.device(5).model.profile()
    assert asked.twin.faults == campaign.device(5).fault_plan()
    assert (asked.twin.seed, asked.twin.line.baud) == (row.seed, 921600)


def test_it_names_the_server_and_files_there_are(tmp_path: Path) -> None:
    campaign = with_faults(
        tmp_path,
        'kind = "restart"\nat_byte = 15000',
        server={"url": "http://127.0.0.1:8080/fw.bin"},
        model=[{"model": "air780e-at", "baud": "max"}],
    )
    command = rerun(campaign, simulate(campaign, 5))
    assert "get http://127.0.0.1:8080/fw.bin --port 'twin://air780e-at?baud=max&" in command
    assert "faults=faults.toml" in command
