"""`atwin probe` against real servers."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from support.line.odd_lines import silent, tcp_line
from support.running.program import atwin, only_line
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.servers.tls_pki import Issued

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
    assert found["handshakes"] <= 13
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
    assert (wrong["chain"]["cause"], "CA or chain" in wrong["advice"]) == ("issuer_missing", True)


def test_ecdhe_only_says_why_and_what_to_change(where: Path, ca: Issued) -> None:
    priority = tls_servers.GNUTLS_ECDHE
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body", priority=priority) as port:
        found = probe(f"localhost:{port}", code=4)
    assert "offers only key exchanges a module does not know (TLSv1.2, ECDHE-RSA" in why(found)
    # It has an RSA certificate: only the suites are wrong.
    assert set(found["advice"]) == {"nginx", "Apache", "HAProxy"}
    assert found["modern_key"] == "RSA 2048"
    # Each suite has been asked about by itself too.
    assert len(found["suites"]) == 6
    assert all("handshake_failure" in said for said in found["suites"].values())


def test_the_lines_for_nginx_make_it_reachable(where: Path, ca: Issued) -> None:
    modern = "ssl_ciphers 'ECDHE-RSA-AES128-GCM-SHA256';"
    versions = "ssl_protocols TLSv1.2 TLSv1.3;"
    with tls_servers.nginx(
        where, tls_pki.leaf(ca), where / "body", suites=modern, versions=versions
    ) as port:
        # Under a name that leads there, as in the field: today's client follows --resolve too.
        way = f"ota.example.com:443:127.0.0.1:{port}"
        advice = probe("ota.example.com", "--resolve", way, code=4)["advice"]["nginx"]
    with tls_servers.nginx(
        where, tls_pki.leaf(ca), where / "body", suites=advice, versions=""
    ) as port:
        found = probe(f"localhost:{port}")
    assert why(found) == "it connects with TLS 1.2"


def test_an_ec_certificate_is_named(where: Path, ca: Issued) -> None:
    server = tls_pki.leaf(ca, private=ec.generate_private_key(ec.SECP256R1()))
    suites, versions = "ssl_ciphers 'ECDHE-ECDSA-AES128-GCM-SHA256';", "ssl_protocols TLSv1.2;"
    with tls_servers.nginx(where, server, where / "body", suites=suites, versions=versions) as port:
        found = probe(f"localhost:{port}", code=4)
    assert found["modern_key"] == "EC secp256r1"
    assert "one whose key is EC secp256r1" in found["advice"]["certificate"]


def refused(where: Path, server: Issued, authority: Issued) -> tuple[str, str, dict[str, str]]:
    """Cause, reason and advice for a server that does not verify by that CA."""
    (where / "asked.pem").write_bytes(authority.pem)
    with tls_servers.nginx(where, server, where / "body") as port:
        found = probe(f"https://localhost:{port}/body", "--ca", where / "asked.pem", code=4)
    assert why(found).startswith("with seclevel 1 the module refuses the server: ")
    return found["chain"]["cause"], found["chain"]["refused"], found["advice"]


def test_an_intermediate_that_was_not_sent(where: Path, ca: Issued) -> None:
    middle = tls_pki.authority("Probe intermediate", ca)
    cause, reason, advice = refused(where, tls_pki.leaf(middle), ca)
    assert cause == "issuer_missing"
    assert reason.startswith("CN=Probe intermediate, which signed the server's certificate, was n")
    assert reason.endswith("the file holds CN=Probe root")
    assert "send its certificate after the server's own" in advice["CA or chain"]


def test_an_intermediate_given_as_ca(where: Path, ca: Issued) -> None:
    middle = tls_pki.authority("Probe intermediate", ca)
    cause, reason, advice = refused(where, tls_pki.leaf(middle), middle)
    assert cause == "other_ca"
    assert reason == (
        "the file holds CN=Probe intermediate, which is not a root: CN=Probe root signed it"
    )
    assert advice["CA"].startswith("give CN=Probe root as the CA, and let the server send CN=Probe")


def test_another_ca_signed_it(where: Path, ca: Issued) -> None:
    other = tls_pki.authority("Other root")
    middle = tls_pki.authority("Probe intermediate", ca)
    cause, reason, advice = refused(where, tls_pki.leaf(middle, chain=[middle]), other)
    assert (cause, reason) == (
        "other_ca",
        "the chain ends below CN=Probe root, and the file holds CN=Other root",
    )
    assert advice["CA"].startswith("give CN=Probe root as the CA")
    whole = tls_pki.leaf(middle, chain=[middle, ca])
    assert refused(where, whole, other)[:2] == (
        "other_ca",
        "the chain ends at CN=Probe root, and the file holds CN=Other root",
    )


def test_a_self_signed_server(where: Path, ca: Issued) -> None:
    cause, reason, advice = refused(where, tls_pki.leaf(None), ca)
    assert cause == "other_ca"
    assert reason == "CN=localhost is self-signed, and the file holds CN=Probe root"
    assert advice == {"CA": "give CN=localhost as the CA, if this is the server you mean"}


def test_a_ca_that_was_made_again_under_its_old_name(where: Path, ca: Issued) -> None:
    other = tls_pki.authority("Probe root", secret="another")
    cause, reason, _ = refused(where, tls_pki.leaf(ca), other)
    assert cause == "other_key"
    assert "and the CA of that name in the file did not sign it" in reason


def test_a_certificate_for_another_host(where: Path, ca: Issued) -> None:
    cause, reason, advice = refused(where, tls_pki.leaf(ca, hosts=["device.test"]), ca)
    assert (cause, reason) == ("wrong_name", "the server's certificate is not for localhost")
    assert list(advice) == ["server name"]


def test_an_expired_certificate_is_told_although_modules_do_not_look(
    where: Path, ca: Issued
) -> None:
    past = tls_pki.START + timedelta(days=1)
    server = tls_pki.leaf(ca, end=past)
    with tls_servers.nginx(where, server, where / "body") as port:
        url = f"https://localhost:{port}/body"
        found = probe(url, "--ca", where / "ca.pem")
        got = atwin("get", url, "--ca", where / "ca.pem", "-o", where / "got")
    assert found["chain"]["outdated"] == "CN=localhost expired on 2020-01-02"
    assert found["models"][0]["limits"] == [
        "CN=localhost expired on 2020-01-02: with ignorelocaltime 0 the module refuses it"
    ]
    assert found["advice"] == {"dates": "renew that certificate"}
    assert got.returncode == 0, got.stderr


def test_a_redirect_is_in_lower_case_for_the_model_that_tells_it_so(
    where: Path, ca: Issued
) -> None:
    target = "https://localhost/V2/Body"
    with tls_servers.nginx(where, tls_pki.leaf(ca), where / "body", moved=target) as port:
        found = probe(f"https://localhost:{port}/moved", "--ca", where / "ca.pem")
    limits = {model["model"]: model["limits"] for model in found["models"]}
    lower = "the module reports that URL in lower case only: give devices the final one"
    assert limits["air724ug"][:2] == [
        f"HEAD is answered with 302, on to {target}: probe that",
        lower,
    ]
    assert lower not in limits["air780e-at"]


def test_a_path_that_is_not_there_says_nothing_about_ranges(where: Path, ca: Issued) -> None:
    with tls_servers.nginx(where, tls_pki.leaf(ca), where / "body") as port:
        found = probe(f"localhost:{port}", "--ca", where / "ca.pem")
        text = atwin("probe", f"localhost:{port}").stdout
    assert (found["http"]["status"], found["http"]["ranges"]) == (404, None)
    assert list(found["advice"]) == ["path"]
    assert found["models"][0]["limits"] == [
        "HEAD is answered with 404: there is nothing at that path",
        "whether there are ranges is not known: that takes the URL of a file",
    ]
    assert "ranges not known" in text
    assert "no ranges" not in text


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
    assert refused["client_certificate_needed"]
    assert "client certificate" in refused["advice"]
    assert shown["client_certificate_needed"] is None
    assert why(refused) == "the server demands a client certificate and none was given"
    assert why(shown) == "it connects with TLS 1.2"


def test_a_client_certificate_that_is_demanded_by_http_alone(where: Path, ca: Issued) -> None:
    """nginx finishes the handshake without one, and then says 400."""
    with tls_servers.nginx(where, tls_pki.leaf(ca), where / "body", client_ca=ca) as port:
        refused = probe(f"https://localhost:{port}/body", code=4)
        shown = probe(
            f"https://localhost:{port}/body",
            "--cert",
            where / "client.pem",
            "--key",
            where / "client.key",
        )
    assert why(refused).endswith("and none was given; without one it answers 400")
    assert refused["client_certificate_needed"]
    assert why(shown) == "it connects with TLS 1.2"


def test_an_old_server_is_asked_in_its_own_version(where: Path, ca: Issued) -> None:
    old = tls_servers.GNUTLS_ALL.replace("+VERS-TLS1.2:+VERS-TLS1.1:", "")
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body", priority=old) as port:
        found = probe(f"localhost:{port}")
    assert why(found) == "it connects with TLS 1.0"
    assert found["versions"]["TLS 1.2"] == "offered a lower version: TLS 1.0"
    said = found["suites"]
    assert len(said) == 6
    # HMAC-SHA256 came with TLS 1.2.
    assert {suite for suite, answer in said.items() if answer != "accepted"} == {"0x003D"}


def test_a_chain_that_is_large_or_far_too_large(where: Path, ca: Issued) -> None:
    """Seven kilobytes of names each: three are more than a record, ten more than anyone takes."""
    hosts = ["localhost", *(f"host{number:03}.device.test" for number in range(300))]
    big = tls_pki.leaf(ca, hosts=hosts)
    limits = {}
    for count in (1, 3, 10):
        server = replace(big, chain=(big.certificate,) * (count - 1))
        with tls_servers.nginx(where, server, where / "body") as port:
            found = probe(f"localhost:{port}", code=4 if count == 10 else 0)
        limits[count] = [limit for limit in found["models"][0]["limits"] if "chain of" in limit]
        if count < 10:
            assert found["chain"]["limit"] == 16384
            assert found["chain"]["size"] == 7 + count * (3 + len(big.der))
    assert limits[1] == []
    assert "over the 16384 of one record" in limits[3][0]
    assert "handshake is longer than 65536 bytes" in why(found)


def test_a_ca_that_no_flash_holds(where: Path, ca: Issued) -> None:
    (where / "bundle.pem").write_bytes(ca.pem * (270_000 // len(ca.pem)))
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body") as port:
        found = probe(f"localhost:{port}", "--ca", where / "bundle.pem")
    models = {model["model"]: model for model in found["models"]}
    assert models["air724ug"]["connects"]
    assert not models["air780e-at"]["connects"]
    assert "does not fit into the module's 262144 bytes of flash" in models["air780e-at"]["why"]


def test_a_server_that_stops_accepting_after_a_while(where: Path, ca: Issued) -> None:
    """What was learnt before it is still told."""
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body") as port:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            relay = threading.Thread(target=pass_on, args=(listener, port, 3), daemon=True)
            relay.start()
            found = probe(f"localhost:{listener.getsockname()[1]}", code=4)
        relay.join(10)
    assert found["versions"]["TLS 1.2"] == "accepted"
    assert any("refused" in said for said in found["suites"].values())
    assert "the handshake does not complete" in why(found)


def pass_on(listener: socket.socket, port: int, times: int) -> None:
    """Relay that many connections, then refuse."""
    for _ in range(times):
        near, _ = listener.accept()
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            far.sendall(near.recv(65536))
            with suppress(OSError):
                while data := far.recv(65536):
                    near.sendall(data)
                    near.settimeout(0.2)
                    if not near.recv(65536):
                        break
    listener.close()


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


def test_nginx_with_a_default_server_that_refuses(where: Path, ca: Issued) -> None:
    server = tls_pki.leaf(ca)
    with tls_servers.nginx(where, server, where / "body", only_name="localhost") as port:
        found = probe(f"https://localhost:{port}/body", "--ca", where / "ca.pem")
        nameless = probe(f"https://127.0.0.1:{port}/body", code=4)
        text = atwin("probe", f"https://localhost:{port}/body")
    assert found["server_name_needed"]
    assert why(found) == "it connects with TLS 1.2"
    assert "server name needed" in text.stdout
    assert "give the right one with --name" in why(nameless)


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
    assert ended.returncode == 3
    assert "refused" in only_line(ended.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["http://localhost"], ["localhost:x"], ["localhost", "--ca", "/nowhere"], ["a", "--key", "k"]],
)
def test_bad_usage(arguments: list[str]) -> None:
    ended = atwin("probe", *arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
