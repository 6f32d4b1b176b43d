"""`atwin probe`: can modules reach this HTTPS server?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import JSON, RESOLVED, WATCHING, Number, Watching, option, takes
from atwin.cli.request import TlsFiles
from atwin.text import shown

if TYPE_CHECKING:
    from atwin.net.tls.probe import HandshakeAnswer
    from atwin.probe.chain import CertificateFacts
    from atwin.probe.survey import Survey, Target
    from atwin.probe.verdict import Verdict

#: Names of one certificate that are shown.
_NAMES = 20


@click.command()
@click.argument("server", metavar="HOST[:PORT]")
@takes(TlsFiles)
@option("--name", metavar="NAME", help="Server name to send and check.")
@option("--resolve", **RESOLVED)
@option(
    "--timeout",
    type=Number(0.1, 300),
    default=10.0,
    metavar="SECONDS",
    help="How long each handshake may take.",
)
@JSON
@WATCHING
def probe(
    server: str,
    options: TlsFiles,
    name: str | None,
    resolve: tuple[str, ...],
    timeout: float,
    as_json: bool,
    watching: Watching,
) -> int:
    """Check whether modules can reach an HTTPS server.

    If they cannot, it prints what to change on the server. The probe asks from this computer, with
    the module's own ClientHello: each cipher suite, each version, at most 13 handshakes. Then it
    sends a HEAD: for the path of an https:// URL, or for / where only a HOST is given. The exit
    code is 4 when no model can connect, 3 when nothing answers.

    \b
    Examples:
      atwin probe files.example.org
      atwin probe https://files.example.org:8443/firmware.bin --ca root.pem --json
    """
    from atwin.cli.ending import DONE, MODULE_FAILED, TLS_FAILED, CommandFailed, known, print_object
    from atwin.cli.running import run_work
    from atwin.net.hosts import Hosts
    from atwin.session.url import parse_hosts

    names = Hosts(parse_hosts("--resolve", resolve))

    async def work() -> int:
        import time

        from atwin.models import MODELS, load_profile
        from atwin.net.hosts import HostsNetwork
        from atwin.net.network import ConnectError, ResolveError
        from atwin.net.real import RealNetwork
        from atwin.net.traced import TracedNetwork
        from atwin.probe.survey import survey
        from atwin.probe.verdict import verdict
        from atwin.session.tracing import current_trace

        target = _target(server, options, name, timeout)
        network = TracedNetwork(HostsNetwork(RealNetwork(), names), current_trace())
        known(host=target.host, port=target.port)
        try:
            found = await survey(network, target, time.time())
        except (ConnectError, ResolveError) as error:
            raise CommandFailed(f"{target.host}:{target.port}: {error}", MODULE_FAILED) from None
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        for version, answer in found.versions.items():
            current_trace().notes("net", f"TLS: {version.label}", answer=_said(answer))
        for number, answer in found.suites.items():
            current_trace().notes("net", f"TLS: 0x{number:04X}", answer=_said(answer))
        verdicts = [
            verdict(
                load_profile(model),
                found,
                shows_certificate=options.cert is not None,
                ca_size=len(target.ca or b""),
            )
            for model in MODELS
        ]
        code = DONE if any(one.connects for one in verdicts) else TLS_FAILED
        if as_json:
            told = _described(target, found, verdicts)
            if code:
                told |= {"error": f"no model can connect: {verdicts[0].why}", "exit_code": code}
            print_object(told)
        else:
            _print(target, found, verdicts)
        return code

    return run_work(work(), watching)


def _target(server: str, options: TlsFiles, name: str | None, timeout: float) -> Target:
    from urllib.parse import urlsplit

    from atwin.probe.survey import Target

    try:
        parts = urlsplit(server if "://" in server else f"https://{server}")
        host, port = parts.hostname, 443 if parts.port is None else parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme != "https":
        raise click.UsageError(f"{server!r}: give HOST, HOST:PORT or an https:// URL")
    if (options.cert is None) != (options.key is None):
        raise click.UsageError("--cert and --key go together: give both or none")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port, path, name, *options.read(), timeout)


def _said(answer: HandshakeAnswer) -> str:
    return f"{answer.outcome.value}: {answer.detail}" if answer.detail else answer.outcome.value


def _described(target: Target, found: Survey, verdicts: list[Verdict]) -> dict[str, Any]:
    from atwin.probe.chain import ONE_RECORD
    from atwin.probe.verdict import advice, needs_client_certificate

    best, chain = found.best, found.chain
    return {
        "host": target.host,
        "port": target.port,
        "handshakes": found.handshakes,
        "versions": {version.label: _said(a) for version, a in found.versions.items()},
        "suites": {f"0x{number:04X}": _said(a) for number, a in found.suites.items()},
        "server_name_needed": found.without_name is not None,
        "client_certificate_asked": best.client_cert_asked if best else None,
        # Nobody knows what would happen without the one that was shown.
        "client_certificate_needed": (
            needs_client_certificate(found) if best and target.cert is None else None
        ),
        "modern": found.modern.said if found.modern else None,
        "modern_key": found.modern.key if found.modern else None,
        "chain": (
            asdict(chain)
            | {
                "size": chain.size,
                "limit": ONE_RECORD,
                "refused": chain.refused.reason if chain.refused else None,
                "cause": chain.refused.cause if chain.refused else None,
            }
            if chain
            else None
        ),
        "http": asdict(found.http) if found.http else None,
        "models": [asdict(one) for one in verdicts],
        "advice": advice(found),
    }


def _certificate(one: CertificateFacts) -> str:
    """One certificate in a line; of many names the first ones."""
    text = ", ".join(
        part for part in (one.key, one.not_after and f"until {one.not_after[:10]}") if part
    )
    if one.names:
        text += f" for {', '.join(one.names[:_NAMES])}"
    if len(one.names) > _NAMES:
        text += f" and {len(one.names) - _NAMES} more"
    return f"{one.subject}: {text}" if text else one.subject


def _print(target: Target, found: Survey, verdicts: list[Verdict]) -> None:
    from atwin.cli.results import counted
    from atwin.net.tls import SUITES
    from atwin.probe.chain import ONE_RECORD
    from atwin.probe.verdict import advice, needs_client_certificate

    lines = [f"{target.host}:{target.port}, {counted(found.handshakes, 'handshake')}", ""]
    lines += [f"  {version.label:<16}{_said(a)}" for version, a in found.versions.items()]
    for suite in SUITES:
        if suite.number in found.suites:
            lines.append(f"  {suite.openssl:<16}{_said(found.suites[suite.number])}")
    if found.modern:
        lines.append(f"  {'today’s client':<16}{found.modern.said}, {found.modern.key}")
    if found.best is not None:
        asked = "asked for" if found.best.client_cert_asked else "not asked for"
        if target.cert is None and found.best.client_cert_asked:
            asked = "needed" if needs_client_certificate(found) else "asked for, not needed"
        needed = "needed" if found.without_name is not None else "not needed"
        lines += [f"  client certificate {asked}; server name {needed}"]
    if found.chain is not None:
        lines += ["", f"Certificates, {found.chain.size} bytes of {ONE_RECORD} that fit one record"]
        for one in found.chain.certificates:
            lines.append(f"  {_certificate(one)}")
            lines += [f"    odd: {what}" for what in one.odd]
        if found.chain.checked:
            refused = found.chain.refused
            lines.append(f"  {refused.reason if refused else 'verified by the given CA'}")
    if found.http is not None and found.http.problem is None:
        http = found.http
        ranges = {True: "yes", False: "no", None: "not known"}[http.ranges]
        lines += [
            "",
            f"HTTP: HEAD {http.status}, {http.head_bytes} bytes of headers, ranges {ranges},"
            f" keep-alive {'yes' if http.keep_alive else 'no'}",
        ]
    lines.append("")
    for verdict in verdicts:
        lines.append(f"{verdict.model}: {'yes' if verdict.connects else 'NO'}, {verdict.why}")
        lines += [f"  {limit}" for limit in verdict.limits]
    for subject, change in advice(found).items():
        lines += ["", f"To change ({subject}):", *(f"  {line}" for line in change.split("\n"))]
    click.echo("\n".join(shown(line) for line in lines))
