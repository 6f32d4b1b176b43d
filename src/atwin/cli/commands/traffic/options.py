"""What `atwin traffic` is asked for."""

from dataclasses import dataclass

import click

from atwin.cli.figures.route import RouteOptions
from atwin.cli.options import MODEL, Number, PortOptions, Size, flag, shared
from atwin.text.units import parse_size

#: Bytes of one task: more is not worth an estimate.
_LARGEST = 1 << 30
_SIZE = Size(_LARGEST)

#: The options that belong to some of the ways to ask, and to which.
_BOTH = ("--get", "--post")
ONLY_WITH = {
    **dict.fromkeys(("url", "answer_head", "model", "tls", "suite", "chain"), _BOTH),
    **dict.fromkeys(("client_chain", "keep_alive", "dns"), _BOTH),
    **dict.fromkeys(("baud", "rtt", "down", "up"), (*_BOTH, "--heartbeat")),
    "answer": ("--post",),
    "part": ("--get",),
    "bare": ("--get",),
    "port": ("--run",),
}


@dataclass(frozen=True)
class _Task:
    """What is done, how often and at what price, and the server's end of it."""

    run: str | None = shared(
        "--run",
        metavar="COMMAND",
        help='Measure: run COMMAND, such as "get URL", and count its traffic.',
    )
    get: int | None = shared(
        "--get", type=_SIZE, help="Estimate `atwin get` of a file of this size."
    )
    post: int | None = shared("--post", type=_SIZE, help="Estimate a POST of this size.")
    heartbeat: str | None = shared(
        "--heartbeat",
        metavar="UP[:DOWN]",
        help="Estimate messages of these sizes on an open TCP connection.",
    )
    times: int = shared(
        "--times",
        type=Number(1, 1_000_000_000, whole=True),
        default=1,
        metavar="N",
        help="How often the task is done. --run runs it once and multiplies.",
    )
    interval: float | None = shared(
        "--interval",
        type=Number(0.001, 31_622_400),
        metavar="SECONDS",
        help="Time from one task to the next.",
    )
    url: str | None = shared(
        "--url", metavar="URL", help="The URL of the request; https:// means --tls."
    )
    answer: int = shared(
        "--answer", type=_SIZE, default=2, help="Bytes of the body that answers a POST."
    )
    answer_head: int | None = shared(
        "--answer-head",
        type=Number(15, 65_536, whole=True),
        metavar="BYTES",
        help="Bytes of the header of an answer: 245 for --get, 38 for --post.",
    )
    part: int | None = shared(
        "--part", type=_SIZE, help="Size of the parts of --get; by default what suits --model."
    )
    bare: bool = flag("--bare", "--get is the GET alone, without the HEAD before it.")
    model: str = shared(
        "--model", type=MODEL, default="air724ug", help="The module that does the task."
    )
    tls: bool = flag("--tls", "Use HTTPS.")
    suite: str | None = shared(
        "--suite", metavar="NUMBER", help="The cipher suite of the connection (0x0035)."
    )
    chain: str | None = shared(
        "--chain",
        metavar="BYTES[,BYTES]",
        help="The server's certificates (1500,1200); `atwin probe` prints their size.",
    )
    client_chain: str | None = shared(
        "--client-chain",
        metavar="BYTES[,BYTES]",
        help="The module's own certificates, if the server asks for them.",
    )
    keep_alive: int = shared(
        "--keep-alive",
        type=Number(1, 10_000, whole=True),
        default=1,
        metavar="N",
        help="Requests on one connection; the module's own HTTP makes 1.",
    )
    dns: bool = flag("--dns", "Count the DNS query for the server's name as well.")
    price_per_mb: float | None = shared(
        "--price-per-mb",
        type=Number(0, 1_000_000_000),
        metavar="PRICE",
        help="Price of 1,048,576 bytes, in any currency.",
    )


@dataclass(frozen=True)
class TrafficOptions(PortOptions, RouteOptions, _Task):
    """The task, the line and link of an estimate, and the port of a module that does it."""

    def way(self) -> str:
        """The option that names the task. Raises `click.UsageError` unless it is one."""
        asked = [
            f"--{name}"
            for name in ("run", "get", "post", "heartbeat")
            if getattr(self, name) is not None
        ]
        if len(asked) != 1:
            what = f"{' and '.join(asked)}: " if asked else ""
            raise click.UsageError(f"{what}give one of --run, --get, --post and --heartbeat")
        return asked[0]


def sizes(name: str, text: str, separator: str) -> tuple[int, ...]:
    """The sizes in the value of option `name`. Raises `click.UsageError`."""
    try:
        return tuple(parse_size(size, _LARGEST) for size in text.split(separator))
    except ValueError as error:
        raise click.UsageError(f"{name} {error}") from None
