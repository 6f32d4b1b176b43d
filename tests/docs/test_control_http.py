"""docs/reference/control.md shows what HTTP answers, and clients that work."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.running.controlled import ask_control
from support.running.program import start

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference/control.md").read_text()


@dataclass
class Twin:
    """A twin as the page starts it."""

    control: Path
    panel: str


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    control = tmp_path / "pins"
    lines = ("--pty", tmp_path / "tty", "--control", control, "--panel")
    process = start("twin", "--model", "air780e-at", *lines)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b"ready ")
    told = process.stderr.readline().decode()
    assert told.startswith("atwin: panel ")
    yield Twin(control, told.split()[-1])
    process.terminate()
    process.communicate(timeout=20)


def within(shown: object, whole: object) -> bool:
    """Whether `whole` has all that `shown` has; of lists, in the same places."""
    if isinstance(shown, dict):
        return isinstance(whole, dict) and all(
            key in whole and within(value, whole[key]) for key, value in shown.items()
        )
    if isinstance(shown, list):
        return (
            isinstance(whole, list) and len(shown) == len(whole) and all(map(within, shown, whole))
        )
    return isinstance(shown, float) or shown == whole  # a time is another one each time


def ask(control: Path, method: str, path: str, body: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(20)
    connection.sock.connect(str(control))
    connection.request(method, path, body or None, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_every_operation_is_shown_and_answered_so(twin: Twin) -> None:
    (shown,) = re.findall(r"```http\n(.*?)```", PAGE, re.DOTALL)
    asked = set()
    for block in shown.strip().split("\n\n"):
        request, answer = block.split("\n")
        method, path, *body = request.split(" ", 2)
        status, _, expected = answer.partition(" ")
        code, told = ask(twin.control, method, path, "".join(body))
        assert code == int(status), (request, told)
        assert within(json.loads(expected), told), (request, told)
        asked.add((method.lower(), re.sub(r"\d+", "{}", path.partition("?")[0])))
    _, described = ask(twin.control, "GET", "/api/openapi.json", "")
    for path, methods in described["paths"].items():
        for method in methods:
            # The text shows these.
            if not path.endswith(("/events", "/recording/trace", "/recording/pcap")):
                assert (method, re.sub(r"\{\w+\}", "{}", path)) in asked


@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("python", (sys.executable, "-u", "-c")),
        ("js", ("node", "--input-type=module", "-e")),
        ("bash", ("bash", "-c")),
    ],
)
def test_a_client_steers_a_twin_and_reads_its_events(
    twin: Twin, language: str, program: tuple[str, ...]
) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"no {program[0]}")
    (shown,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    text = shown.replace("/tmp/pins", str(twin.control))
    client = subprocess.Popen(
        [*program, text],
        env={**os.environ, "PANEL": twin.panel},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert client.stdout is not None
    try:
        assert b"+CSQ: 9," in client.stdout.readline()
        # It may be about to listen; so it is told more than once.
        for number in range(1000):
            ask_control(twin.control, {"urc": f"+HELLO: {number}"})
            if _has_said(client.stdout):
                break
        assert b"+HELLO: " in client.stdout.readline()
    finally:
        os.killpg(client.pid, 9)
        client.wait()
        client.stdout.close()


def _has_said(stream: Any) -> bool:
    import select

    return bool(select.select([stream], [], [], 0.1)[0])


def test_the_health_check_of_the_how_to(twin: Twin) -> None:
    page = (DOCS / "howto/firmware-ci.md").read_text()
    (shown,) = re.findall(r"```sh\n(curl [^`]*/api/health)\n```", page)
    address = re.search(r"http://(\S+?)/", twin.panel)
    assert address
    checked = shown.replace("127.0.0.1:8080", address[1])
    ended = subprocess.run(["sh", "-c", checked], capture_output=True, check=True, timeout=20)
    assert json.loads(ended.stdout) == {"ok": True}
