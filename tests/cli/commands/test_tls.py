"""HTTPS options of `get`, `post` and `head`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.running.program import atwin, only_line, twin_running
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b"through TLS" * 100


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of everybody."""
    where = tmp_path_factory.mktemp("cli-tls")
    ca, other = tls_pki.authority("CLI root"), tls_pki.authority("Other root")
    client = tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")
    (where / "ca.pem").write_bytes(ca.pem)
    (where / "other.pem").write_bytes(other.pem)
    (where / "client.pem").write_bytes(client.pem)
    (where / "client.key").write_bytes(client.key_pem)
    (where / "body").write_bytes(BODY)
    return where


@pytest.fixture(scope="module")
def url(where: Path) -> Iterator[str]:
    ca = tls_pki.authority("Server root")
    (where / "server-ca.pem").write_bytes(ca.pem)
    with tls_servers.nginx(where, tls_pki.leaf(ca), where / "body") as port:
        yield f"https://localhost:{port}/body"


def test_a_checked_server(url: str, where: Path, tmp_path: Path) -> None:
    target = tmp_path / "file"
    ended = atwin("get", url, "-o", target, "--ca", where / "server-ca.pem")
    assert (ended.returncode, target.read_bytes()) == (0, BODY), ended.stderr
    assert "note:" not in ended.stderr


def test_an_unchecked_server_is_said_to_be_one(url: str, tmp_path: Path) -> None:
    ended = atwin("get", url, "-o", tmp_path / "file")
    assert ended.returncode == 0
    assert "note: the server's certificate was not checked; give --ca FILE" in ended.stderr


@pytest.mark.parametrize("command", ["get", "head", "post"])
def test_a_wrong_ca_is_a_tls_failure(command: str, url: str, where: Path, tmp_path: Path) -> None:
    choices: dict[str, list[Path | str]] = {
        "get": ["-o", tmp_path / "file"],
        "head": [],
        "post": ["--data", "x"],
    }
    options = choices[command]
    ended = atwin(command, url, *options, "--ca", where / "other.pem")
    assert ended.returncode == 4
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cert", "client.pem"], "go together"),
        (["--ca", "missing.pem"], "cannot read"),
        (["--ca", "body"], "certificate cannot be read"),
        (["--suite", "AES"], "hexadecimal"),
        (["--suite", "0x1301"], "no suite 0x1301"),
        (["--seclevel", "1"], "security level of 1"),
    ],
)
def test_bad_options(options: list[str], words: str, url: str, where: Path) -> None:
    given = [where / text if (where / text).exists() else text for text in options]
    ended = atwin("head", url, *given)
    assert ended.returncode == 2
    assert words in " ".join(ended.stderr.split()), ended.stderr
    assert "Traceback" not in ended.stderr


def test_one_line_for_a_wrong_ca(url: str, where: Path) -> None:
    ended = atwin("head", url, "--ca", where / "other.pem")
    assert "605" in only_line(ended.stderr)


@contextmanager
def a_twin(model: str) -> Iterator[str]:
    """A module that stays on from one program to the next."""
    with twin_running("--model", model, "--tcp", "127.0.0.1:0") as (_, address):
        yield f"socket://{address}"


def test_an_unchecked_run_after_a_checked_one_is_unchecked(
    url: str, where: Path, tmp_path: Path
) -> None:
    """On a module that stays on: what the first run set must not decide the second."""
    with a_twin("air780e-lsat") as port:
        refused = atwin("head", url, "--port", port, "--ca", where / "other.pem")
        assert refused.returncode == 4
        assert "--ca" in only_line(refused.stderr)
        ended = atwin("head", url, "--port", port)
    assert ended.returncode == 0, ended.stderr
    assert "note: the server's certificate was not checked" in ended.stderr
