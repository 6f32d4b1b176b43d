"""What Wireshark makes of a capture."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

_CHECKS = [
    part for protocol in ("ip", "tcp", "udp") for part in ("-o", f"{protocol}.check_checksum:TRUE")
]
_EXPERT = re.compile(r"^ +\d+ +(\S+) +(\S+) +(.+)$")


@dataclass
class Seen:
    """One field after the other of each packet, and what the experts say."""

    packets: list[dict[str, str]]
    #: Severity ("Errors", "Warns", "Notes", "Chats"), protocol, text.
    experts: list[tuple[str, str, str]]

    def having(self, field: str) -> list[str]:
        """The values of a field, of the packets that have it."""
        return [packet[field] for packet in self.packets if packet[field]]


def seen(path: Path, *fields: str) -> Seen:
    """What `tshark` reads: checksums are looked at; several values of a field are joined by `|`."""
    wanted = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-r", str(path), "-n", *_CHECKS, "-z", "expert", "-T", "fields"]
    options = ["-E", "separator=/t", "-E", "aggregator=|"]
    output = subprocess.run(
        [*command, *options, *wanted], check=True, capture_output=True, timeout=PATIENCE
    ).stdout.decode()
    told, _, experts = output.partition("\n\n")
    packets = [dict(zip(fields, row.split("\t"), strict=True)) for row in told.split("\n")]
    found, severity = [], ""
    for line in experts.splitlines():
        if (head := re.match(r"(\w+) \(\d+\)$", line)) is not None:
            severity = head[1]
        elif (match := _EXPERT.match(line)) is not None:
            found.append((severity, match[2], match[3]))
    return Seen(packets, found)
