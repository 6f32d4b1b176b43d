"""Real servers as child processes: gnutls-serv, openssl s_server, nginx.

Each has a folder and a port of its own, so one `where` may hold as many as wanted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from support.running.patience import PATIENCE
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from support.servers.tls_pki import Issued

#: All that the module can do, from TLS 1.0 on (Debian's GnuTLS has no SSL 3.0).
GNUTLS_ALL = (
    "NONE:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+AES-256-CBC:+AES-128-CBC:+ARCFOUR-128:+3DES-CBC"
    ":+SHA256:+SHA1:+MD5:+RSA:+SIGN-ALL:+COMP-NULL"
)
GNUTLS_ECDHE = "NONE:+VERS-TLS1.2:+AES-128-GCM:+AEAD:+ECDHE-RSA:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"


@contextlib.contextmanager
def _running(
    command: Sequence[str], port: int, log: Path, directory: Path | None = None
) -> Iterator[None]:
    """Run a server until the block is left, which begins once it accepts connections."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
        )
    try:
        _await_port(port, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def gnutls(
    where: Path,
    server: Issued,
    body: Path,
    *,
    priority: str = GNUTLS_ALL,
    client_ca: Issued | None = None,
    extra: Sequence[str] = (),
) -> Iterator[int]:
    """gnutls-serv answering every HTTP request with `body`; asks for client certificates."""
    where = _folder(where, "gnutls")
    certificate, secret = _files(where, server)
    if client_ca is None:
        clients = ["--disable-client-cert"]
    else:
        (where / "clients.pem").write_bytes(client_ca.pem)
        clients = [
            "--require-client-cert",
            "--verify-client-cert",
            f"--x509cafile={where / 'clients.pem'}",
        ]
    command = [
        _tool("gnutls-serv"),
        "--quiet",
        "--http",
        f"--httpdata={body}",
        "--noticket",
        "--nodb",
        f"--x509certfile={certificate}",
        f"--x509keyfile={secret}",
        "--priority",
        priority,
        *clients,
        *extra,
    ]
    with own_port() as port, _running([*command, "-p", str(port)], port, where / "log"):
        yield port


@contextlib.contextmanager
def openssl(
    where: Path, server: Issued, *, client_ca: Issued | None = None, files: Path | None = None
) -> Iterator[int]:
    """openssl s_server with its status page, or `files`: the AES suites, TLS 1.0 to 1.2."""
    where = _folder(where, "openssl")
    certificate, secret = _files(where, server)
    command = [_tool("openssl"), "s_server"]
    command.append("-www" if files is None else "-WWW")
    command += ["-cert", str(certificate), "-key", str(secret)]
    if server.chain:
        command += ["-cert_chain", str(certificate)]
    command += ["-cipher", "AES256-SHA:AES128-SHA:AES256-SHA256:@SECLEVEL=0"]
    command += ["-min_protocol", "TLSv1", "-max_protocol", "TLSv1.2"]
    if client_ca is not None:
        (where / "clients.pem").write_bytes(client_ca.pem)
        command += ["-CAfile", str(where / "clients.pem"), "-Verify", "2", "-verify_return_error"]
    with own_port() as port:
        command += ["-accept", f"127.0.0.1:{port}"]
        with _running(command, port, where / "log", files):
            yield port


@contextlib.contextmanager
def nginx(
    where: Path,
    server: Issued,
    body: Path,
    *,
    client_ca: Issued | None = None,
    only_name: str = "",
    suites: str = "ssl_ciphers 'AES256-SHA:AES128-SHA:AES256-SHA256:@SECLEVEL=0';",
    versions: str = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;",
    moved: str = "/body",
) -> Iterator[int]:
    """nginx with `body` at /body: the AES suites, TLS 1.0 to 1.2; /moved leads to `moved`.

    With `only_name` a default server refuses every handshake for another name, or for none.
    """
    where = _folder(where, "nginx")
    certificate, secret = _files(where, server)
    clients = ""
    if client_ca is not None:
        (where / "clients.pem").write_bytes(client_ca.pem)
        clients = f"ssl_client_certificate {where}/clients.pem; ssl_verify_client on;"

    def servers(port: int) -> str:
        refusing = (
            f"server {{ listen 127.0.0.1:{port} ssl default_server;"
            f" ssl_reject_handshake on; {versions} {suites} }}\n"
        )
        return (
            f"{refusing if only_name else ''}"
            f"server {{ listen 127.0.0.1:{port} ssl; server_name '{only_name}'; {clients}\n"
            f"  ssl_certificate {certificate}; ssl_certificate_key {secret};\n"
            f"  {versions} {suites} ssl_session_cache off;\n"
            f"  location = /moved {{ return 302 {moved}; }}\n"
            f"  location = /body {{ alias {body}; }} }}"
        )

    with nginx_with(servers, where) as port:
        yield port


@contextlib.contextmanager
def nginx_with(servers: Callable[[int], str], where: Path) -> Iterator[int]:
    """nginx with the server blocks that `servers` writes for its port; its files are in `where`."""
    temporary = " ".join(
        f"{kind}_temp_path {where}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # nginx's workers give up root's rights, and with them the way into private directories.
    user = "user root;" if os.geteuid() == 0 else ""
    with own_port() as port:
        (where / "conf").write_text(
            f"{user} daemon off; pid {where}/pid; error_log {where}/error.log;"
            " worker_processes 1;\nevents { worker_connections 256; }\n"
            f"http {{ access_log off; {temporary} default_type application/octet-stream;\n"
            f"{servers(port)}\n}}\n"
        )
        command = [_tool("nginx"), "-p", str(where), "-c", f"{where}/conf", "-e", f"{where}/first"]
        with _running(command, port, where / "log"):
            yield port


def _folder(where: Path, kind: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=where))


def _files(where: Path, server: Issued) -> tuple[Path, Path]:
    certificate, secret = where / "server.pem", where / "server.key"
    certificate.write_bytes(server.pem)
    secret.write_bytes(server.key_pem)
    return certificate, secret


def _tool(name: str) -> str:
    path = shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
    if path is None:
        raise RuntimeError(f"{name} is not installed; `make test` installs what the tests need")
    return path


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """These servers do not tell when they listen, so ask."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"server ended: {log.read_text(errors='replace')}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"server does not listen on port {port}")
