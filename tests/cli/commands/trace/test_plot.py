"""`atwin trace plot`: one page with everything in it, and nothing that a trace could add to it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run
from support.modules.traced import written
from support.page.hostile import HOSTILE
from support.running.program import only_line

if TYPE_CHECKING:
    from pathlib import Path

RECORDS: list[dict[str, Any]] = [
    {"t": 0.5, "kind": "module", "event": "air724ug", "buffer": 319_488, "connections": 8},
    {"t": 1, "kind": "command", "dir": ">", "text": "AT+CSQ"},
    {"t": 2, "kind": "urc", "dir": "<", "text": "RDY"},
    {"t": 3, "kind": "net", "event": "slot taken", "open": 1},
    {"t": 4, "kind": "buffer", "event": "fill", "bytes": 307_200},
    {"t": 10, "kind": "data", "dir": "<", "text": "", "bytes": 307_200, "took": 6},
    {"t": 10, "kind": "end", "event": "ended", "code": 0},
]


class Html(HTMLParser):
    """What a browser would load or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []
        #: Of the script and style elements, by what they are.
        self.content: dict[str, str] = {}
        self.policy = ""
        self._inside = ""
        self.feed(text)
        self.data = json.loads(self.content["application/json"])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.outside += [str(given[name]) for name in ("src", "href") if name in given]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(given["content"])
        if tag in ("script", "style", "title"):
            self._inside = given.get("type") or tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.content[self._inside] = self.content.get(self._inside, "") + data


def plotted(trace: Path) -> Html:
    assert run(["trace", "plot", str(trace)]) == 0
    return Html(trace.with_name(trace.name + ".html").read_text("utf-8"))


def test_a_page_needs_nothing_else(tmp_path: Path) -> None:
    html = plotted(written(tmp_path / "trace", *RECORDS))
    assert html.outside == ["data:,"]
    assert html.tags.count("script") == 3
    assert not {"img", "iframe", "object", "svg", "a", "base"} & set(html.tags)
    assert "url(" not in html.content["style"]
    assert "@import" not in html.content["style"]
    assert not re.search(r"^(?:import|export)\b", html.content["module"], re.MULTILINE)


def test_it_has_the_licence_of_what_is_in_it(tmp_path: Path) -> None:
    plotted(written(tmp_path / "trace", *RECORDS))
    text = (tmp_path / "trace.html").read_text("utf-8")
    assert text.count("Permission is hereby granted, free of charge") == 1


def test_the_policy_allows_what_is_there_and_nothing_more(tmp_path: Path) -> None:
    html = plotted(written(tmp_path / "trace", *RECORDS))
    rules = dict(rule.split(" ", 1) for rule in html.policy.split("; "))
    hashes = {
        name: "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for name, text in html.content.items()
    }
    assert rules == {
        "default-src": "'none'",
        "script-src": f"{hashes['script']} {hashes['module']}",
        "style-src": hashes["style"],
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_what_it_is_given(tmp_path: Path) -> None:
    data = plotted(written(tmp_path / "trace", *RECORDS)).data
    assert data["about"] == "atwin 1: test  2026-11-30T09:00:00+00:00"
    assert (data["records"], data["duration"], data["wall"][:4]) == (8, 10, "2026")
    assert len(data["toHost"]) == int(10 / data["bin"]) + 1
    assert sum(data["toHost"]) == pytest.approx(307_200 + 7, rel=1e-3)
    assert sum(data["toModule"]) == 10
    steps = {"times": [4_000_000], "values": [307_200], "top": 319_488, "width": 0}
    assert data["buffer"] == steps
    assert data["connections"] == {"times": [3_000_000], "values": [1], "top": 8, "width": 0}
    rows = {name: row["times"] for name, row in data["rows"].items() if row["times"]}
    times = {"command": 1, "urc": 2, "net": 3, "host": 10}
    assert rows == {name: [time * 1_000_000] for name, time in times.items()}
    assert data["texts"] == ["AT+CSQ", "RDY", "net: slot taken  open 1", "end: ended  code 0"]


def test_hostile_texts_are_data(tmp_path: Path) -> None:
    records = [
        {"t": n, "kind": kind, "dir": "<", "text": text, "event": text, "host": text}
        for n, text in enumerate(HOSTILE.values())
        for kind in ("urc", "net", "command")
    ]
    trace = written(tmp_path / "<script>x", *records, command="</script><script>alert(1)")
    html = plotted(trace)
    assert html.tags.count("script") == 3
    assert html.outside == ["data:,"]
    assert trace.name in html.content["title"]
    text = trace.with_name(trace.name + ".html").read_text("utf-8")
    assert text.replace("\n", "").isprintable()
    assert max(map(len, html.data["texts"])) <= 200


def test_hostile_records_are_shown_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trace comes from somebody else: it moves no cursor, runs no script, breaks nothing."""
    lines: list[dict[str, Any]] = [
        {"t": 1, "kind": "urc", "dir": "<", "text": "\x1b[2J</title><script>alert(1)</script>"},
        {"t": 2, "kind": "data", "dir": ">", "bytes": 5, "took": "long"},
        {"t": -5, "kind": "data", "dir": "<", "bytes": 5, "took": 1e9},
        {"t": 3, "kind": "net", "event": ["x"], "open": 1},
        {"t": 3, "kind": "net", "open": "many"},
        {"t": 4, "kind": "future", "event": "unknown"},
        {"t": "4", "kind": "net"},
        {"t": float("nan"), "kind": "net"},
        {"t": 5, "kind": "net", "open": 10**400},
        {"t": 5, "kind": "buffer", "event": "fill", "bytes": "much"},
        {"t": 6, "kind": "buffer", "event": "fill", "bytes": True},
    ]
    trace = written(tmp_path / "trace", *lines, wall="9" * 5000)
    with trace.open("a") as file:
        file.write("[" * 100_000 + "\n")
    assert run(["trace", "show", str(trace)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "? future: unknown" in out
    assert "? broken: lines that are not records  n 8" in out
    data = plotted(trace).data
    assert data["records"] == 7
    assert data["buffer"]["values"] == []
    assert len(data["wall"]) == 40
    assert "NaN" not in json.dumps(data)


def test_a_plot_of_hours_is_no_larger_than_can_be_seen(tmp_path: Path) -> None:
    """And zoomed in it has a hundred times more than an overview can show."""
    lines = ['{"t":0,"kind":"start","format":"atwin-trace 1"}']
    for n in range(35_000):
        lines.append(f'{{"t":{n * 0.1},"kind":"buffer","bytes":{1 + n % 2}}}')
        lines.append(f'{{"t":{n * 0.1},"kind":"urc","dir":"<","text":"+NEWS: {n}"}}')
    (tmp_path / "trace").write_text("\n".join(lines) + "\n")
    data = plotted(tmp_path / "trace").data
    assert (tmp_path / "trace.html").stat().st_size < 2_000_000
    assert data["bin"] < 3_500 / 32_768
    assert len(data["toHost"]) > 32_768
    assert 15_000 < len(data["buffer"]["times"]) <= 30_000
    urcs = data["rows"]["urc"]
    assert 1_000 < len(urcs["times"]) <= 3_000
    assert sum(urcs["more"]) + len(urcs["times"]) == 35_000


def test_a_plot_never_overwrites_the_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = written(tmp_path / "trace", *RECORDS)
    before = trace.read_bytes()
    assert run(["trace", "plot", str(trace), "-o", str(trace)]) == 2
    assert "is the trace itself" in only_line(capsys.readouterr().err)
    assert trace.read_bytes() == before
    assert run(["trace", "plot", str(trace), "-o", str(tmp_path / "page")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'page'}\n"
