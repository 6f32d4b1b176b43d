"""The benches there are, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bench:
    """A module of this folder."""

    about: str
    #: Whether it has a short form, for CI: figures with a peer, a few seconds in all.
    short: bool = False


BENCHES = {
    "process": Bench("What a user waits for: whole processes", short=True),
    "tls": Bench("The TLS client, against GnuTLS", short=True),
    "download": Bench("A whole file through host and twin in memory, against curl", short=True),
    "commands": Bench("AT and its OK, one after the other", short=True),
    "pty": Bench(
        "Host and twin over a PTY and over TCP, two processes on two processors", short=True
    ),
    "trace": Bench("What a trace and a capture cost", short=True),
    "efficiency": Bench("The host against the bound of its method, on the virtual clock"),
    "virtual": Bench("What a paced download costs on the virtual clock", short=True),
    "twins": Bench("Memory and making of a module", short=True),
    "realtime": Bench("A thousand downloads at once in real time"),
    "fleet": Bench("A campaign by one worker and by two"),
    "rate": Bench("The line against a wire, in real time"),
    "plot": Bench("A plot of a trace of 100 MB"),
    "panel": Bench("What an open panel costs"),
    "walks": Bench("How many files of the source a byte walks through"),
}
