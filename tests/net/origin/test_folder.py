"""`python -m atwin.testing` serves a folder as a module needs it: with ranges."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.net.network import StreamError
from atwin.testing.__main__ import main
from atwin.testing.server.folder import OnDisk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = [sys.executable, "-m", "atwin.testing"]


@contextmanager
def serving(folder: Path) -> Iterator[http.client.HTTPConnection]:
    command = [*SERVE, str(folder), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            address = line.partition("http://")[2].partition("/")[0]
            assert line.startswith(f"serving {folder} at")
            yield http.client.HTTPConnection(address, timeout=20)
        finally:
            server.terminate()


def test_files_and_ranges_of_what_is_there_now(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10
    folder = tmp_path / "served"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a b.bin").write_bytes(data)
    (tmp_path / "outside").write_bytes(b"of nobody's business")
    with serving(folder) as client:

        def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, str | None]:
            client.request(method, path, headers={**headers, "Connection": "close"})
            answer = client.getresponse()
            return answer.status, answer.read(), answer.getheader("ETag")

        status, body, tag = ask("/sub/a%20b.bin")
        assert (status, body) == (200, data)
        assert ask("/sub/a%20b.bin", Range="bytes=100-299") == (206, data[100:300], tag)
        assert ask("/sub/a%20b.bin", "HEAD") == (200, b"", tag)
        assert ask("/later")[0] == 404
        (folder / "later").write_bytes(b"new")
        assert ask("/later")[:2] == (200, b"new")
        (folder / "later").write_bytes(b"newer")
        assert ask("/later", Range="bytes=3-")[:2] == (206, b"er")
        for outside in ("/../outside", "/%2e%2e/outside", "/sub", "/", "/sub/", "//later", "/%00"):
            assert ask(outside)[0] == 404
        (folder / "v1 (2)+~.bin").write_bytes(b"odd")
        for name in ("/v1%20(2)+~.bin", "/v1%20%282%29%2B%7E.bin"):
            assert ask(name)[:2] == (200, b"odd")


def test_a_file_that_becomes_shorter_ends_the_connection(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"12345678")
    seen = OnDisk(tmp_path / "log", 8, "tag")
    assert seen.read(2, 6) == b"345678"
    (tmp_path / "log").write_bytes(b"1234")
    with pytest.raises(StreamError, match="has become shorter"):
        seen.read(2, 6)
    (tmp_path / "log").unlink()
    with pytest.raises(StreamError, match="No such file"):
        seen.read(2, 1)


CERTIFICATES = [f"{who}.{end}" for who in ("ca", "server", "client") for end in ("pem", "key")]


@pytest.mark.parametrize(
    ("there", "says"),
    [(["ca.key"], "ca.key: it is there, but not ca.pem, "), (CERTIFICATES, "certificates: [SSL] ")],
)
def test_certificates_of_somebody_stay(
    there: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Some of them are not a set; all of them are taken as they are."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    for name in there:
        (folder / name).write_text("mine")
    arguments = [str(tmp_path), "0", "--https", "0", "--certificates", str(folder)]
    monkeypatch.setattr(sys, "argv", ["atwin.testing", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert says in last
    assert last.endswith("; give another folder with --certificates")
    assert {path.read_text() for path in folder.iterdir()} == {"mine"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nowhere"], "no such folder"), ([".", "65536"], "0 to 65535"), ([".", "x"], "invalid int")],
)
def test_what_cannot_be_served(arguments: list[str], says: str) -> None:
    ran = subprocess.run(
        [*SERVE, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert says in ran.stderr.splitlines()[-1]


def test_it_says_what_to_do_about_a_port_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(sys, "argv", ["x", str(tmp_path), str(taken.getsockname()[1])])
        with pytest.raises(SystemExit):
            main()
    says = "address already in use; end what listens there, or give another port"
    assert capsys.readouterr().err.splitlines()[-1].endswith(says)
