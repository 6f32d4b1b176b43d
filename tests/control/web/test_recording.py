"""A recording is a trace, and a capture, of what happens while it runs."""

from __future__ import annotations

import errno
import gc
import io
import json
import tempfile
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.control.recording import Recording
from atwin.trace.pcap.reading import line_of
from atwin.trace.recent import Recent
from atwin.trace.trace import Trace

if TYPE_CHECKING:
    from control.web.conftest import Panel


def say(panel: Panel, line: bytes) -> None:
    """The host says it, and it is in the trace."""
    twin = panel.subjects[0].twin
    assert twin is not None
    _, before = panel.ask("GET", "records?limit=1")
    panel.run(partial(twin.port.write, line))
    while True:
        _, told = panel.ask("GET", f"records?after={before['last']}")
        if any(record["kind"] == "answer" for record in told["records"]):
            return


def download(panel: Panel, name: str) -> tuple[str, bytes]:
    response, body = panel.raw("GET", f"/api/modules/1/recording/{name}", **panel.headers)
    assert response.status == 200
    assert int(response.headers["Content-Length"]) == len(body)
    return str(response.headers["Content-Disposition"]), body


def test_trace_and_capture_hold_what_came_between(two: Panel) -> None:
    say(two, b"ATE0\r")
    status, told = two.ask("POST", "recording", {"trace": True, "pcap": True})
    assert (status, told["running"]) == (200, True)
    say(two, b"AT+CGMR\r")
    name, running = download(two, "trace")
    assert name == 'attachment; filename="recording.trace"'
    assert two.ask("POST", "recording", {"trace": True})[0] == 409
    _, told = two.ask("DELETE", "recording")
    say(two, b"AT+CGMI\r")
    assert (told["running"], told["full"]) == (False, False)
    _, whole = download(two, "trace")
    assert whole.startswith(running)
    assert len(whole) == told["trace_bytes"]
    records = [json.loads(line) for line in whole.splitlines()]
    assert [record["kind"] for record in records[:2]] == ["start", "module"]
    assert [r["text"] for r in records if r["kind"] == "command"] == ["AT+CGMR"]
    assert [records[-1][key] for key in ("kind", "event")] == ["end", "recording stopped"]
    assert records[-1]["t"] == pytest.approx(told["seconds"], abs=0.002)
    name, capture = download(two, "pcap")
    assert name == 'attachment; filename="recording.pcapng"'
    assert len(capture) == told["pcap_bytes"]
    pieces = [piece.data for piece in line_of(io.BytesIO(capture)) if piece.direction == ">"]
    assert b"".join(pieces) == b"AT+CGMR\r"
    # Stopping once more changes nothing, and the next one begins from nothing.
    assert two.ask("DELETE", "recording")[1] == told
    assert two.ask("POST", "recording", {"trace": True})[1]["pcap_bytes"] == 0
    assert two.ask("GET", "recording/pcap")[0] == 404
    two.ask("DELETE", "recording")


@pytest.mark.parametrize("body", [{}, [], {"trace": 1}, {"trace": False}, {"file": "/etc/passwd"}])
def test_what_is_no_recording(two: Panel, body: Any) -> None:
    assert two.ask("POST", "recording", body)[0] == 400


def test_nothing_is_there_before_the_first(two: Panel) -> None:
    path = "/api/modules/2/recording"
    assert two.ask("GET", path)[1] == {
        "running": False, "seconds": 0, "trace_bytes": 0, "pcap_bytes": 0, "full": False,
    }  # fmt: skip
    assert two.ask("GET", f"{path}/trace")[0] == 404


def test_a_file_ends_when_it_is_full() -> None:
    async def main() -> None:
        trace = Trace(LoopClock())
        recording = Recording(Recent(trace), most=200)
        recording.start(trace=True, pcap=False)
        for number in range(10):
            trace.notes("net", f"event {number}")
        shown = recording.shown
        assert shown["full"]
        size, pieces = recording.read("trace")
        lines = b"".join(pieces).splitlines()
        assert size == shown["trace_bytes"] <= 200
        assert [json.loads(line)["event"] for line in lines] == [f"event {n}" for n in range(4)]
        recording.forget()

    run_virtual(main())


def test_files_are_gone_at_once_when_they_are_forgotten() -> None:
    async def main() -> None:
        trace = Trace(LoopClock())
        recording = Recording(Recent(trace))
        recording.start(trace=True, pcap=True)
        trace.begin(version="1", command="a test")
        files = [weakref.ref(file) for file in recording._files.values()]
        recording.forget()
        assert [file() for file in files] == [None, None]

    gc.disable()
    try:
        run_virtual(main())
    finally:
        gc.enable()


def test_without_a_place_for_files_there_is_no_recording(
    two: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", full)
        status, told = two.ask("POST", "recording", {"trace": True})
    assert (status, told["error"]) == (409, "there can be no file: No space left on device")
    assert two.ask("GET", "recording")[1]["running"] is False
    assert two.ask("POST", "recording", {"trace": True})[0] == 200
    two.ask("DELETE", "recording")
