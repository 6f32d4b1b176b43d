"""What `atwin fleet` is asked for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import click

from atwin.cli.options import FILE, FOLDER, Number, Watching, flag, shared

_CLUSTER = re.compile(r"(tcp|tls)://\S{1,250}")


@dataclass(frozen=True)
class FleetOptions:
    """Which devices, where they are simulated, and what is kept."""

    every: bool = shared(
        "--all", "every", is_flag=True, default=False, help="Simulate every device, not a sample."
    )
    sample: int | None = shared(
        "--sample",
        type=Number(1, 1_000_000, whole=True),
        metavar="N",
        help="Number of devices to simulate, instead of the plan's.",
    )
    devices: int | None = shared(
        "--devices",
        type=Number(1, 1_000_000, whole=True),
        metavar="N",
        help="Size of the fleet, instead of the plan's.",
    )
    seed: int | None = shared(
        "--seed",
        type=Number(0, (1 << 63) - 1, whole=True),
        metavar="N",
        help="Seed of everything random, instead of the plan's.",
    )
    workers: int | None = shared(
        "--workers",
        type=Number(0, 1024, whole=True),
        metavar="N",
        help="Worker processes: by default one for each processor. 0 simulates in this process.",
    )
    cluster: str | None = shared(
        "--cluster",
        metavar="tcp://HOST:PORT",
        help="Simulate on the workers of a Dask scheduler. All of them must have this atwin and "
        "this Python, and trust each other: needs atwin[cluster].",
    )
    out: str | None = shared(
        "--out", type=FOLDER, metavar="DIR", help="Keep each device in DIR/rows.jsonl."
    )
    resume: bool = flag("--resume", "Resume what --out kept of the same plan.")
    html: str | None = shared(
        "--html", type=FILE, metavar="FILE", help="Write the report as one HTML page."
    )
    csv: str | None = shared(
        "--csv", type=FOLDER, metavar="DIR", help="Write tables into the folder, as CSV."
    )
    parquet: str | None = shared(
        "--parquet", type=FILE, metavar="FILE", help="Write the devices as Parquet: needs pyarrow."
    )
    replicates: int = shared(
        "--replicates",
        type=Number(0, 1000, whole=True),
        default=10,
        metavar="N",
        help="Repeat the whole fleet at its server this many times with other seeds, for the "
        "intervals of time and load; 0 for none.",
    )
    device: int | None = shared(
        "--device",
        type=Number(0, 999_999, whole=True),
        metavar="N",
        help="Run only this device again, here. --trace and --pcap are for it.",
    )

    def check(self, watching: Watching) -> None:
        """Raises `click.UsageError` for what does not go together."""
        watching.check()
        if self.device is None and (words := watching.words()):
            raise click.UsageError(f"{words[0]} is for one device: name it with --device")
        if self.resume and self.out is None:
            raise click.UsageError("--resume goes on with what is in a folder: name it with --out")
        pairs = (
            ("--all", self.every, "--sample", self.sample is not None),
            ("--workers", self.workers is not None, "--cluster", self.cluster is not None),
            *(
                ("--device", self.device is not None, name, given)
                for name, given in (
                    ("--all", self.every),
                    ("--sample", self.sample is not None),
                    ("--workers", self.workers is not None),
                    ("--cluster", self.cluster is not None),
                    ("--out", self.out is not None),
                    ("--html", self.html is not None),
                    ("--csv", self.csv is not None),
                    ("--parquet", self.parquet is not None),
                )
            ),
        )
        for one, has_one, other, has_other in pairs:
            if has_one and has_other:
                raise click.UsageError(f"{one} and {other}: choose one")
        if self.replicates == 1:
            raise click.UsageError("--replicates 1: one more says nothing; give 0, or 2 or more")
        if self.cluster is not None and not _CLUSTER.fullmatch(self.cluster):
            raise click.UsageError(f"--cluster {self.cluster!r}: it takes tcp://HOST:PORT")

    @property
    def at_a_time(self) -> int:
        """Worker processes."""
        if self.workers is not None:
            return self.workers
        # Those that this process may use, where the system says.
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
