"""What a fleet costs: time, processor and memory for more and more devices.

    python -m bench fleet                       100 devices of 1 MiB, by 1 worker and by 2
    python -m bench.fleet --devices 10 100 1000 10000
    python -m bench.fleet --devices 10000 --workers 2
    python -m bench.fleet --size 64K

A fifth of the devices has a random fault plan. The rows of every number of workers are compared:
they are the same. Memory is that of the largest worker, with its part of what is shared (PSS).
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.conduct import PRELOAD, simulate_all
from atwin.fleet.engine.processes import Processes
from atwin.fleet.server.serving import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

    from atwin.fleet.device.row import Row
    from atwin.fleet.engine.run import RunTally

#: Of a figure: devices, and runs by one worker and by two.
DEVICES, RUNS = 60, 2
#: Devices of the fleet at its server.
FLEET = 10_000


def campaign(devices: int, size: str) -> Campaign:
    return Campaign.from_table(
        "bench",
        {
            "devices": devices,
            "download": {"size": size},
            "model": [
                {"model": "air780e-at", "share": 5},
                {"model": "air724ug", "share": 3},
                {"model": "air780ep", "baud": 921600, "share": 2},
            ],
            "link": [{"share": 8}, {"share": 2, "rtt": 0.4, "loss": 0.01, "outages": 1}],
            "faults": [{"share": 0.2, "plan": "random"}],
        },
    )


def own_memory() -> int:
    """Bytes of the largest worker there is now; 0 where the system does not tell."""
    found = [0]
    for process in multiprocessing.active_children():
        rollup = Path(f"/proc/{process.pid}/smaps_rollup")
        if rollup.exists() and (pss := re.search(r"^Pss: +(\d+) kB", rollup.read_text(), re.M)):
            found.append(int(pss[1]) << 10)
    return max(found)


def measure(wanted: Campaign, workers: int) -> tuple[list[Row], float]:
    """The rows, and seconds; prints a line."""
    memory = 0

    def look(tally: RunTally) -> None:
        nonlocal memory
        if tally.done % max(1, wanted.devices // 10) == 0:
            memory = max(memory, own_memory())

    began = time.perf_counter()
    rows, _ = simulate_all(
        wanted, range(wanted.devices), Processes(workers, PRELOAD), progress=look
    )
    seconds = time.perf_counter() - began
    cpu = sum(row.cpu_seconds for row in rows)
    print(
        f"{wanted.devices:>7,} devices, {workers} workers: {seconds:7.1f} s, "
        f"{cpu / len(rows) * 1000:6.1f} ms of CPU each, {memory / 1e6:5.1f} MB a worker, "
        f"{sum(not row.ok for row in rows)} failed, {sum(row.wrong for row in rows)} wrong files",
        flush=True,
    )
    return rows, seconds


def figures(scale: Scale) -> Iterator[Figure]:
    wanted = campaign(DEVICES, "1M")
    rows: dict[int, list[Row]] = {}
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(RUNS):
        for workers, took in seconds.items():
            found, passed = measure(wanted, workers)
            took.append(passed)
            rows[workers] = found
    if timeless(rows[1]) != timeless(rows[2]) or any(row.wrong for row in rows[1]):
        raise RuntimeError("other rows by two workers than by one, or a wrong file")
    each = [row.cpu_seconds * 1000 for row in rows[1]]
    yield Figure(
        "fleet.device", "a device of a campaign that fetches 1 MiB, in CPU",
        statistics.mean(each), "ms", min(each), max(each),
        limit="its download on the virtual clock (bench.virtual), and of a fifth the faults",
        better="less",
    )  # fmt: skip
    served = [_served(rows[1]) for _ in range(3)]
    yield Figure.of_runs(
        "fleet.server", f"{FLEET:,} such devices at their server, CPU of each", "ms", served,
        limit="SimPy: some events for each connection", better="less",
    )  # fmt: skip
    yield Figure.of_runs(
        "fleet.workers", f"{DEVICES} devices by two workers, the same rows", "s", seconds[2],
        "by one worker", seconds[1], of="ratio", better="less",
        limit="two processors; the start of the workers",
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="What a fleet costs.")
    parser.add_argument("--devices", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--size", default="1M")
    wanted = parser.parse_args()
    wrong = 0
    for devices in wanted.devices:
        runs = [measure(campaign(devices, wanted.size), workers) for workers in wanted.workers]
        rows, seconds = runs[0]
        wrong += any(row.wrong for row in rows)
        for workers, (others, other_seconds) in zip(wanted.workers[1:], runs[1:], strict=True):
            same = timeless(others) == timeless(rows)
            wrong += not same
            print(
                f"{'':7} {workers} workers take {other_seconds / seconds:.2f} of the time of "
                f"{wanted.workers[0]}; {'the same rows' if same else 'OTHER ROWS'}"
            )
    return 1 if wrong else 0


def _served(sample: list[Row]) -> float:
    """ms of CPU for each device of a fleet of which the sample is known, at its server."""
    began = time.process_time()
    serve(campaign(FLEET, "1M"), sample, whole=False)
    return (time.process_time() - began) / FLEET * 1000


def timeless(rows: list[Row]) -> list[Row]:
    return [replace(row, cpu_seconds=0.0) for row in rows]


if __name__ == "__main__":
    sys.exit(main())
