"""examples/cortex-m, built, on a Cortex-M that QEMU emulates, at the port of a twin."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.running.controlled import ask_control
from support.running.program import twin_running

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parents[2] / "examples" / "cortex-m"
#: Seconds until it must have said how it went. 300 KB take 26 at 115200 bit/s, on a slow host more.
LONGEST = 300.0


@dataclass(frozen=True)
class Ran:
    """What the firmware said at its end, and before; and the counters of the twin's line."""

    size: int
    crc: str
    lost: int
    mended: int
    overrun: int
    log: str
    counters: dict[str, int]


def build(folder: Path, **settings: int) -> Path:
    """The firmware with these settings of its Makefile."""
    words = [f"{name}={value}" for name, value in settings.items()]
    subprocess.run(["make", "-s", "-C", HERE, f"OUT={folder}", *words], check=True)
    return folder / "firmware.elf"


def run(firmware: Path, server: int, *options: str) -> Ran:
    """Fetch the file of the server on that port, by a twin with these options."""
    control = firmware.with_name("control")
    name = f"ota.example.com:80:127.0.0.1:{server}"
    where = ("--tcp", "127.0.0.1:0", "--control", control, "--resolve", name, "--offline")
    with twin_running(*where, *options) as (_, address), _emulated(firmware, address, control) as q:
        log = ""
        assert q.stdout is not None
        for line in q.stdout:
            log += line
            if line.startswith(("done", "failed")):
                break
        (answer,) = ask_control(control, {"get": "state"})
        counters = answer["state"]["counters"]
    numbers = re.search(
        r"^done: (\d+) bytes, crc (\w+), (\d+) lost, (\d+) mended, (\d+) overrun$", log, re.M
    )
    assert numbers, log
    size, crc, lost, mended, overrun = numbers.groups()
    return Ran(int(size), crc, int(lost), int(mended), int(overrun), log, counters)


@contextmanager
def _emulated(firmware: Path, module: str, control: Path) -> Iterator[subprocess.Popen[str]]:
    """UART0 on stdout, UART1 at the module, UART2 at the pins."""
    words = ["timeout", f"{LONGEST:g}", "qemu-system-arm", "-M", "lm3s6965evb", "-nographic"]
    words += ["-monitor", "none", "-kernel", str(firmware), "-serial", "stdio"]
    words += ["-serial", f"tcp:{module}", "-chardev", f"socket,id=pins,path={control}"]
    words += ["-serial", "chardev:pins"]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
