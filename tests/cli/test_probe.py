"""`atwin probe` against real servers."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from support import tls_pki, tls_servers
from support.odd_lines import silent, tcp_line
from support.program import atwin, only_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.tls_pki import Issued

TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


@pytest.fixture(scope="module")
def ca() -> Issued:
    return tls_pki.authority("Probe root")


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory, ca: Issued) -> Path:
    where = tmp_path_factory.mktemp("probe")
    client = tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")
    (where / "body").write_bytes(b"x" * 5000)
    (where / "ca.pem").write_bytes(ca.pem)
    (where / "other.pem").write_bytes(tls_pki.authority("Other root").pem)
    (where / "client.pem").write_bytes(client.pem)
    (where / "client.key").write_bytes(client.key_pem)
    return where


def probe(server: str, *options: Any, code: int = 0) -> dict[str, Any]:
    ended = atwin("probe", server, "--json", "--timeout", "5", *options)
    assert ended.returncode == code, (ended.stdout, ended.stderr)
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["handshakes"] <= 15
    return found


def why(found: dict[str, Any]) -> str:
    (reason,) = {model["why"] for model in found["models"]}
    return str(reason)


def test_all_six_suites(where: Path, ca: Issued) -> None:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body") as port:
        found = probe(f"localhost:{port}", "--ca", where / "ca.pem")
    assert set(found["suites"].values()) == {"accepted"}
    assert len(found["suites"]) == 6
    assert found["versions"]["TLS 1.2"] == found["versions"]["TLS 1.0"] == "accepted"
    assert found["chain"]["refused"] is None
    assert found["chain"]["certificates"][0]["key"] == "RSA 2048"
    assert why(found) == "it connects with TLS 1.2"


def test_nginx_with_ranges(where: Path, ca: Issued) -> None:
    with tls_servers.nginx(where, tls_pki.leaf(ca), where / "body") as port:
        found = probe(f"https://localhost:{port}/body", "--ca", where / "ca.pem")
        text = atwin("probe", f"https://localhost:{port}/body")
        wrong = probe(f"localhost:{port}", "--ca", where / "other.pem", code=4)
    accepted = {suite for suite, said in found["suites"].items() if said == "accepted"}
    assert accepted == {"0x0035", "0x002F", "0x003D"}
    http = found["http"]
    assert (http["status"], http["length"], http["ranges"], http["keep_alive"]) == (
        200,
        5000,
        True,
        True,
    )
    assert found["advice"] == {}
    assert text.returncode == 0
    assert "air780e-lsat: yes, it connects with TLS 1.2" in text.stdout
    assert "the module refuses the server" in why(wrong)
    assert "chain" in wrong["advice"]


def test_ecdhe_only_says_why_and_what_to_change(where: Path, ca: Issued) -> None:
    priority = tls_servers.GNUTLS_ECDHE
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body", priority=priority) as port:
        found = probe(f"localhost:{port}", code=4)
    assert "offers only key exchanges a module does not know (TLSv1.2, ECDHE-RSA" in why(found)
    assert {"nginx", "Apache", "HAProxy"} <= set(found["advice"])


def test_tls13_only_says_why(where: Path, ca: Issued) -> None:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body", priority=TLS13) as port:
        found = probe(f"localhost:{port}", code=4)
    assert "the server speaks TLSv1.3" in why(found)


def test_client_certificate(where: Path, ca: Issued) -> None:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body", client_ca=ca) as port:
        refused = probe(f"localhost:{port}", code=4)
        shown = probe(
            f"localhost:{port}", "--cert", where / "client.pem", "--key", where / "client.key"
        )
    assert refused["client_certificate_asked"]
    assert why(refused) == "the server demands a client certificate and none was given"
    assert why(shown) == "it connects with TLS 1.2"


@contextmanager
def named_only(where: Path, server: Issued) -> Iterator[int]:
    """A server that refuses a client without a server name, and answers no HTTP."""
    (where / "named.pem").write_bytes(server.pem + server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(where / "named.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA:AES128-SHA:@SECLEVEL=0")
    context.sni_callback = lambda made, name, _: (
        None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    )

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), connection:
                    context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_server_name_needed(where: Path, ca: Issued) -> None:
    with named_only(where, tls_pki.leaf(ca)) as port:
        found = probe(f"localhost:{port}")
    assert found["server_name_needed"]
    assert why(found) == "it connects with TLS 1.2"
    assert all("HTTP did not work" in model["limits"][0] for model in found["models"])


def test_what_is_no_tls_server(where: Path) -> None:
    with tcp_line(silent) as line:
        address = str(line).removeprefix("socket://")
        ended = atwin("probe", address, "--json", "--timeout", "0.5")
    assert ended.returncode == 4
    found = json.loads(ended.stdout)
    assert "says nothing" in why(found)
    assert found["handshakes"] == 1


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ended = atwin("probe", f"127.0.0.1:{unused.getsockname()[1]}")
    assert ended.returncode == 1
    assert "refused" in only_line(ended.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["http://localhost"], ["localhost:x"], ["localhost", "--ca", "/nowhere"], ["a", "--key", "k"]],
)
def test_bad_usage(arguments: list[str]) -> None:
    ended = atwin("probe", *arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
