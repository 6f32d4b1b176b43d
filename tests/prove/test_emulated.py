"""examples/cortex-m: whole files at 115200 bit/s, whatever the line and the module do.

QEMU's UART has no RTS and CTS. Where the flow of bytes is to be stopped the twin's model of the
host's receiver stands in: `--host-fifo` and `--host-drain`. What the firmware's own buffer drops
is real.
"""

from __future__ import annotations

import random
import re
import shutil
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from prove.emulated import build, run
from support.servers.ranged import serve_ranges

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from prove.emulated import Ran

DATA = random.Random(300_000).randbytes(300_000)
#: A host that takes 8000 of the 11,520 bytes a second.
SLOW_HOST = ("--host-fifo", "512", "--host-drain", "8000")

needs_compiler = pytest.mark.skipif(
    not shutil.which("arm-none-eabi-gcc")
    or not Path("/usr/lib/arm-none-eabi/newlib/nano.specs").exists(),
    reason="no arm-none-eabi-gcc with newlib here: `make prove` installs them",
)
proved = pytest.mark.sampled(keep=0)

#: Seconds for a test: QEMU shares the processor with everything else.
pytestmark = [needs_compiler, pytest.mark.timeout(400)]


@pytest.fixture
def port(httpserver: HTTPServer) -> int:
    """A server that knows ranges."""
    serve_ranges(httpserver, DATA)
    return httpserver.port


def whole(ran: Ran) -> Ran:
    """It has all of the file."""
    assert (ran.size, ran.crc) == (len(DATA), f"{zlib.crc32(DATA):08x}"), ran.log
    return ran


def test_it_builds_and_fits(tmp_path: Path) -> None:
    assert build(tmp_path, FLOW=0, SLOW=1).stat().st_size > 0


@proved
@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
@pytest.mark.parametrize(("flow", "host"), [(1, SLOW_HOST), (1, ()), (0, ())])
def test_nothing_is_lost(
    port: int, tmp_path: Path, model: str, flow: int, host: tuple[str, ...]
) -> None:
    firmware = build(tmp_path, FLOW=flow)
    ran = whole(run(firmware, port, "--model", model, "--baud", "115200", *host))
    assert (ran.lost, ran.overrun, ran.mended) == (0, 0, 0)
    assert ran.counters["to_host_lost"] == 0


@proved
@pytest.mark.parametrize("model", ["air724ug", "air780e-lsat"])
def test_what_a_slow_host_loses_is_told_to_the_byte(port: int, tmp_path: Path, model: str) -> None:
    firmware = build(tmp_path, FLOW=0)
    ran = whole(run(firmware, port, "--model", model, "--baud", "115200", *SLOW_HOST))
    assert ran.lost == ran.counters["to_host_lost"] > 0
    # On a machine that stalls meanwhile a later part may lose some too.
    assert re.search(r"^lost \d+ of 2048 bytes at 0$", ran.log, re.MULTILINE)
    told = re.findall(r"^lost (\d+) of \d+ bytes at \d+$", ran.log, re.MULTILINE)
    assert sum(map(int, told)) == ran.lost


@proved
@pytest.mark.parametrize("model", ["air724ug", "air780e-lsat"])
def test_what_its_own_buffer_drops_is_told_to_the_byte(
    port: int, tmp_path: Path, model: str
) -> None:
    firmware = build(tmp_path, FLOW=0, SLOW=40)
    ran = whole(run(firmware, port, "--model", model, "--baud", "115200"))
    assert ran.lost == ran.overrun > 0
    assert ran.counters["to_host_lost"] == 0


@proved
@pytest.mark.parametrize("model", ["air724ug", "air780e-at"])
def test_the_reset_pin_mends_a_hang(port: int, tmp_path: Path, model: str) -> None:
    plan = tmp_path / "hang.toml"
    plan.write_text(
        'name = "hang"\nteaches = "It hangs."\ngood_host = "Has a RESET pin."\n'
        '[[fault]]\nkind = "hang"\nat_command = "AT+HTTPREAD"\nnth = 50\n'
    )
    ran = whole(run(build(tmp_path), port, "--model", model, "--faults", str(plan)))
    assert ran.mended == 1
    assert "mend: the RESET pin" in ran.log
