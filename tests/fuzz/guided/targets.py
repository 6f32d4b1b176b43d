"""The rooms whose coverage steers each fuzzer: what it is there for, and no more.

A room that everything runs through slows an attempt down and hides what is new.
"""

from __future__ import annotations

TARGETS: dict[str, tuple[str, ...]] = {
    "answers": ("atwin.at.answers", "atwin.at.dialect", "atwin.host.channel", "atwin.host.http"),
    "campaigns": ("atwin.fleet.campaign",),
    "captures": ("atwin.trace", "atwin.session.captures"),
    "certificates": ("atwin.net.tls.certificates", "atwin.probe"),
    "chunk_sizes": ("atwin.net.meter.split", "atwin.net.http"),
    "commands": ("atwin.at", "atwin.twin.engine", "atwin.twin.chapters"),
    "control_lines": ("atwin.control", "atwin.twin.pins", "atwin.twin.script"),
    "data_phases": (
        "atwin.twin.engine",
        "atwin.twin.chapters.tcp",
        "atwin.twin.chapters.files",
        "atwin.twin.chapters.http",
        "atwin.at.reply",
        "atwin.line.uart",
    ),
    "http_bytes": ("atwin.net.http", "atwin.text.parse", "h11"),
    "http_requests": ("atwin.control",),
    "http_responses": ("atwin.net.http", "atwin.twin.chapters.http"),
    "kept_files": ("atwin.disk", "atwin.twin.board", "atwin.host.download.judging"),
    "moody_servers": ("atwin.host.download", "atwin.host.http", "atwin.disk"),
    "plans": ("atwin.session.plans", "atwin.twin.faults", "atwin.text"),
    "telnet_lines": ("atwin.line", "serial.rfc2217", "serialx.platforms.serial_rfc2217"),
    "tls_bytes": (
        "atwin.net.tls",
        "tlslite.tlsconnection",
        "tlslite.messages",
        "tlslite.utils.codec",
    ),
    "tls_servers": (
        "atwin.net.tls",
        "tlslite.tlsconnection",
        "tlslite.messages",
        "tlslite.utils.codec",
    ),
    "toml_files": (
        "atwin.fleet.campaign",
        "atwin.models",
        "atwin.session",
        "atwin.text",
        "atwin.twin.faults",
        "atwin.twin.script",
    ),
    "traces": ("atwin.trace", "atwin.text"),
    "typed_bytes": ("atwin.at", "atwin.twin.engine", "atwin.twin.chapters"),
}
