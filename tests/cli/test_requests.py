"""Headers and credentials of `get`, `post` and `head`: where they come from, and who sees them."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from click import UsageError as TypedWrongly

from atwin.cli.request import MessageOptions
from atwin.cli.says import shown_command
from atwin.host.errors import UsageError
from atwin.host.http.redirects import Header, Redirects
from support.running.program import atwin, only_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LSAT = ("--port", "twin://air780e-lsat?time_scale=0")


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_headers_of_all_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "h").write_text("X-One: 1\r\n\n  X-Two:2:2 \n")
    monkeypatch.setenv("KEY", " k123\n")
    got = MessageOptions((f"@{tmp_path / 'h'}", "Accept: */*"), ("X-Key=KEY",), "ann:p:w").headers()
    assert got == (
        Header("X-One", "1", secret=True),
        Header("X-Two", "2:2", secret=True),
        Header("Accept", "*/*"),
        Header("X-Key", "k123", secret=True),
        Header("Authorization", basic("ann:p:w"), secret=True),
    )


def test_user_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "u").write_text("ann:secret\n")
    assert MessageOptions(user=f"@{tmp_path / 'u'}").headers()[0].value == basic("ann:secret")


@pytest.mark.parametrize(
    ("lines", "env", "user", "text"),
    [
        (["sesame open"], None, None, "a header without a colon"),
        (["@/nowhere/h"], None, None, "--header: cannot read /nowhere/h: No such file"),
        (["@a\0b"], None, None, "cannot read"),
        (["@FILE"], None, None, "a header in .* without a colon"),
        (None, ["sesame"], None, "takes NAME=VARIABLE"),
        (None, ["X=NOT_THERE_AT_ALL"], None, "no variable NOT_THERE_AT_ALL for the header X"),
        (None, None, "ann", "--user without a password"),
        (["Authorization: Bearer sesame"], None, "ann:sesame", "say the same: take one"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, lines: list[str] | None, env: list[str] | None, user: str | None, text: str
) -> None:
    (tmp_path / "h").write_text("sesame open\n")
    lines = [line.replace("FILE", str(tmp_path / "h")) for line in lines] if lines else None
    with pytest.raises(TypedWrongly, match=text) as caught:
        MessageOptions(tuple(lines or ()), tuple(env or ()), user).headers()
    assert "sesame open" not in str(caught.value)
    assert "ann:sesame" not in str(caught.value)


def test_a_file_that_is_none_of_headers(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 70_000)
    (tmp_path / "odd").write_bytes(b"X: \xff\n")
    with pytest.raises(TypedWrongly, match=r"big.*65,?536 bytes"):
        MessageOptions((f"@{tmp_path / 'big'}",)).headers()
    with pytest.raises(TypedWrongly, match="not UTF-8"):
        MessageOptions((f"@{tmp_path / 'odd'}",)).headers()


def test_flags_about_redirects() -> None:
    assert MessageOptions().asked()["redirects"] == Redirects()
    assert MessageOptions(no_redirect=True, https_only=True).asked()["redirects"] == Redirects(
        follow=False, https_only=True
    )
    with pytest.raises(UsageError, match="take one of the two"):
        MessageOptions(https_only=True, allow_downgrade=True).asked()


@pytest.mark.parametrize(
    "words",
    [
        ["post", "u", "-d", "sesame"],
        ["post", "u", "--data=sesame"],
        ["get", "u", "-H", "X-Odd: sesame"],
        ["get", "u", "-HX-Odd: sesame"],
        ["get", "u", "--header=X-Odd: sesame"],
        ["get", "u", "--user", "ann:sesame"],
        ["get", "u", "-uann:sesame"],
        ["get", "u", "-u", "-d", "-H", "X: sesame"],
        ["traffic", "--run", "get u --user ann:sesame"],
    ],
)
def test_a_command_line_is_written_down_without_secrets(words: list[str]) -> None:
    assert "sesame" not in shown_command(words)
    assert shown_command(words).startswith(words[0])


@contextmanager
def recorder() -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server that answers `found`; its URL, and what it is asked."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked.append((self.command, {k.lower(): v for k, v in self.headers.items()}))
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"found")

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Not on stderr."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("command", ["get", "head", "post"])
def test_the_server_gets_them_and_the_trace_does_not(tmp_path: Path, command: str) -> None:
    (tmp_path / "h").write_text('X-Quote: say "hi"\n')
    rest = {"get": ("-o", tmp_path / "f"), "head": (), "post": ("--data", "x")}[command]
    with recorder() as (base, asked):
        ended = atwin(
            command,
            f"{base}/x",
            *("-H", f"@{tmp_path / 'h'}", "--header-env", "X-Api-Token=TOKEN"),
            *("--header-env", "X-Plain=PLAIN"),
            *("--user", "ann:open sesame", "--trace", tmp_path / "t"),
            *rest,
            *LSAT,
            env={"TOKEN": "t0ken", "PLAIN": 'pl"ain.words'},
        )
    assert ended.returncode == 0, ended.stderr
    for _, headers in asked:
        assert headers["x-quote"] == 'say "hi"'
        assert headers["x-api-token"] == "t0ken"
        assert headers["x-plain"] == 'pl"ain.words'
        assert headers["authorization"] == basic("ann:open sesame")
        assert headers.get("accept-encoding") == ("identity" if command == "get" else None)
    trace = (tmp_path / "t").read_text()
    for secret in ("t0ken", "sesame", "ain.words", basic("ann:open sesame")[6:]):
        assert secret not in trace + ended.stderr


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (("-H", "X: a\\r\\nY: b"), "the header X holds"),
        (("-H", "Content-Length: 5"), "is the module's own"),
        (("-H", "Range: bytes=0-5"), "asks for ranges by itself"),
        (("--https-only",), "is not an https URL"),
        (("--https-only", "--allow-downgrade"), "take one of the two"),
        (("--user", "ann"), "without a password"),
    ],
)
def test_usage_errors_before_a_module_is_opened(extra: tuple[str, ...], text: str) -> None:
    ended = atwin("get", "http://127.0.0.1:1/x", "--port", "/nowhere", *extra, "--json")
    assert ended.returncode == 2
    assert text in json.loads(ended.stdout)["error"]
    assert text in only_line(ended.stderr)
