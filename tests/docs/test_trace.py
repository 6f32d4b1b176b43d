"""docs/reference/trace.md names every kind of record, and the fields of the dialogue."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from support.modules.traced import records_of
from support.running.patience import PATIENCE
from support.running.program import atwin
from support.servers.file_server import file_server

PAGE, CHINESE = (
    (Path(__file__).parents[2] / "docs/reference" / name).read_text("utf-8")
    for name in ("trace.md", "trace.zh.md")
)
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))


def test_every_kind_of_record_has_a_row(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "pdp_loss"\nat_byte = 1000\n')
    answers = tmp_path / "answers.toml"
    answers.write_text('[[urc]]\ntext = "+NEWS: 1"\n')
    with file_server(f=bytes(50_000)) as server:
        ended = atwin(
            "get", f"{server.base}/f", "-o", tmp_path / "f", "--trace", tmp_path / "trace",
            "--port", f"twin://air724ug?time_scale=0&faults={plan}&answers={answers}",
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    records = records_of(tmp_path / "trace")
    assert {record["kind"] for record in records} | {"typed"} == set(ROWS)  # nobody types here
    for record in records:
        for name in record.keys() - {"t", "kind"}:
            assert f"`{name}`" in ROWS[record["kind"]] or "…" in ROWS[record["kind"]], record
    times = [record["t"] for record in records]
    assert times == sorted(times)


def test_both_languages_have_the_same_fields_options_and_commands() -> None:
    for said in (r"^\| `(\w+)` \|", r"^\| (`-.*?) \|", r"(?s)```.*?```"):
        english, chinese = (re.findall(said, page, re.MULTILINE) for page in (PAGE, CHINESE))
        assert english == [text.replace("、", ", ") for text in chinese]
    for name, row in re.findall(r"^\| `(\w+)` \| (.*) \|$", CHINESE, re.MULTILINE):
        assert sorted(re.findall(r"`[^`]+`", row)) == sorted(re.findall(r"`[^`]+`", ROWS[name]))


def test_the_lines_for_tshark_show_what_the_page_says(tmp_path: Path) -> None:
    (block,) = re.findall(r"```sh\n(atwin get .* --pcap .*?)```", PAGE, re.DOTALL)
    ours, *lines = block.splitlines()
    with file_server(**{"f.bin": bytes(5000)}) as server:
        words = ours.replace("https://ota.example.com", server.base).split()[1:]
        assert atwin(*words, cwd=tmp_path).returncode == 0
    said = []
    for line in lines:
        ended = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        said.append(ended.stdout)
    at, http, events, connections, _ = said
    assert "Sent AT Command: AT+HTTPACTION" in at
    assert "GET /f.bin HTTP/1.1" in http
    assert "net: PDP is up" in events
    assert "10.1.1.1:" in connections
    assert (tmp_path / "objects/f.bin").read_bytes() == bytes(5000)
