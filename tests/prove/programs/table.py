"""The programs: how each is installed, how it is started, and how its output shows that it did."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
#: Where `make programs` puts packages of Node.
NODE_MODULES = HERE.parents[2] / ".programs" / "node_modules"


@dataclass(frozen=True)
class Program:
    """One of them. `files` are written into its folder, `{port}` and `{folder}` filled in."""

    name: str
    #: How it is installed.
    install: str
    version: Callable[[], str | None]
    command: tuple[str, ...]
    #: In its output, or in its file `log`, when its start-up has succeeded.
    proof: str
    files: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    log: str = ""
    #: The port has this name: some look only at such, and root alone makes them.
    link: str = ""
    #: It goes on after its start-up, and is ended then.
    lasts: bool = False

    @property
    def installed(self) -> str | None:
        """Its version; None when it is not here, or cannot have its link."""
        here = not self.link or os.access(Path(self.link).parent, os.W_OK)
        return self.version() if here else None


def _python(name: str) -> Callable[[], str | None]:
    def found() -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    return found


def _debian(program: str, package: str) -> Callable[[], str | None]:
    def found() -> str | None:
        if not shutil.which(program, path=_PATH):
            return None
        asked = ["dpkg-query", "--show", "--showformat=${Version}", package]
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        return re.split(r"[+-]", told)[0] or "of unknown version"

    return found


def _npm(name: str) -> Callable[[], str | None]:
    def found() -> str | None:
        described = NODE_MODULES / name / "package.json"
        if not shutil.which("node") or not described.exists():
            return None
        wanted = re.search(r'"version": *"([^"]+)"', described.read_text("utf-8"))
        return wanted[1] if wanted else None

    return found


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

#: Installed with the tests, see the Makefile.
PYTHON = (
    Program(
        "python-gsmmodem-new",
        "pip install python-gsmmodem-new",
        _python("python-gsmmodem-new"),
        (sys.executable, str(HERE / "gsm_modem.py"), "{port}"),
        "connected to .*AirM2M",
    ),
    Program(
        "gsmHat",
        "pip install gsmHat",
        _python("gsmHat"),
        (sys.executable, str(HERE / "gsm_hat.py"), "{port}"),
        "messages read",
    ),
)

_SMSD = """\
devices = GSM1
outgoing = {folder}/spool/outgoing
checked = {folder}/spool/checked
failed = {folder}/spool/failed
incoming = {folder}/spool/incoming
sent = {folder}/spool/sent
logfile = {folder}/smsd.log
infofile = {folder}/smsd.info
pidfile = {folder}/smsd.pid
loglevel = 7
delaytime = 1
[GSM1]
device = {port}
incoming = yes
baudrate = 19200
"""

_GNOKII = """\
[global]
connection = serial
port = {port}
model = AT
serial_baudrate = 19200
[flags]
"""

#: Installed by `make programs`.
OTHERS = (
    Program(
        "smstools (smsd)",
        "apt-get install smstools",
        _debian("smsd", "smstools"),
        ("smsd", "-t", "-c{folder}/smsd.conf"),
        "No SMS received|Used memory is 0|0 used of",
        files={"smsd.conf": _SMSD},
        folders=tuple(f"spool/{n}" for n in ("outgoing", "checked", "failed", "incoming", "sent")),
        log="smsd.log",
        lasts=True,
    ),
    Program(
        "gnokii",
        "apt-get install gnokii-cli",
        _debian("gnokii", "gnokii-cli"),
        ("gnokii", "--config", "{folder}/gnokii.conf", "--monitor", "once"),
        r"Battery: \d+\n(.*\n)*SMS Messages: Unread 0, Number 0",
        files={"gnokii.conf": _GNOKII},
    ),
    Program(
        "gsmctl",
        "apt-get install gsm-utils",
        _debian("gsmctl", "gsm-utils"),
        ("gsmctl", "-d", "{port}", "me", "op", "sig"),
        r"<SIG0> +\d+",
        environment={"LD_PRELOAD": "{folder}/lines.so"},
    ),
    Program(
        "wvdialconf",
        "apt-get install wvdial",
        _debian("wvdialconf", "wvdial"),
        ("wvdialconf", "{folder}/wvdial.conf"),
        r"Init2 = ATQ0 V1 E1.*&C1 &D2",
        log="wvdial.conf",
        link="/dev/ttyUSB77",
    ),
    Program(
        "serialport-gsm",
        "npm install serialport-gsm",
        _npm("serialport-gsm"),
        ("node", str(HERE / "serialport_gsm.js"), "{port}"),
        "memory .*success",
        environment={"NODE_PATH": str(NODE_MODULES)},
    ),
)
