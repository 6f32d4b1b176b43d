"""What a fleet costs: time, processor and memory for more and more devices.

    python -m bench.fleet                       10 and 100 devices of 1 MiB, by 1 worker and by 2
    python -m bench.fleet --devices 10 100 1000 10000
    python -m bench.fleet --size 64K

A fifth of the devices has a random fault plan. Two workers are exact repeats of one: the rows are
compared. Memory is that of the largest worker, without what it shares with the others (PSS).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.conduct import PRELOAD, simulate_all
from atwin.fleet.engine.processes import Processes

if TYPE_CHECKING:
    from atwin.fleet.device.row import Row
    from atwin.fleet.engine.run import RunTally

#: Workers of one run after the other.
WORKERS = (1, 2)


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


def main() -> int:
    parser = argparse.ArgumentParser(description="What a fleet costs.")
    parser.add_argument("--devices", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--size", default="1M")
    wanted = parser.parse_args()
    wrong = 0
    for devices in wanted.devices:
        runs = [measure(campaign(devices, wanted.size), workers) for workers in WORKERS]
        (alone, seconds), (together, less) = runs
        same = [replace(row, cpu_seconds=0.0) for row in alone] == [
            replace(row, cpu_seconds=0.0) for row in together
        ]
        wrong += not same or any(row.wrong for row in alone)
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "?"
        print(
            f"{'':7} 2 workers take {less / seconds:.2f} of the time of 1 on {processors} "
            f"processors; {'the same rows' if same else 'OTHER ROWS'}"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
