"""What a seed stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from atwin.line.frame import Flow
from atwin.line.uart.host_receiver import HostFifo
from atwin.models import MODELS, load_profile
from atwin.models.profile import VENDOR_CHUNK
from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.dice import Dice
from atwin.twin.faults.plan import FaultPlan

if TYPE_CHECKING:
    from atwin.host.download.order import Strategy

Asked = Literal["download", "two", "post", "get"]
#: What the host knows of the file beforehand.
Hash = Literal["none", "sha256", "md5", "wrong"]
#: How the first host ends in the middle: it lets go, or is gone from one moment to the next.
Kill = Literal["cancel", "sigkill"]
#: How bytes of the line are cut: see `pieces`.
Cut = Literal["whole", "bytes", "random", "nasty", "glued"]

#: Sizes near which something ends: of the transport, of parts, of buffers.
_EDGES = (0, 1, 16, 1460, 2048, VENDOR_CHUNK)
#: Largest file of a try, and of one whose line brings single bytes.
_LARGEST, _LARGEST_IN_BYTES = 1_000_000, 20_000
#: Largest body: one more than the largest buffer takes.
_LARGEST_POST = 319_489
#: What a person, or a program before, may have left set.
_LEFT = ("ATE0", "ATE1", "ATV0", "ATQ1", "AT+CMEE=2", "AT+CMEE=0")


@dataclass(frozen=True)
class Way:
    """How bytes come one way: cut, and each piece up to `delay` seconds late, seldom `pause`."""

    cut: Cut = "whole"
    delay: float = 0.0
    pause: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether nothing is done to them."""
        return self.cut == "whole" and not self.delay and not self.pause

    def __str__(self) -> str:
        late = f" up to {self.delay:g} s late" if self.delay else ""
        return f"{self.cut}{late}{f', pauses of {self.pause:g} s' if self.pause else ''}"


@dataclass(frozen=True)
class Link:
    """The way to the server, and the server: seconds, bytes/s, share of segments."""

    latency: float = 0.02
    bandwidth: float | None = None
    loss: float = 0.0
    #: How long the server waits, now and then, before a piece of at most so many bytes.
    pause: float = 0.0
    piece: int | None = None

    def __str__(self) -> str:
        rate = f", {self.bandwidth:g} B/s" if self.bandwidth else ""
        lost = f", {self.loss:.0%} lost" if self.loss else ""
        paused = f", server pauses {self.pause:g} s" if self.pause else ""
        pieces = f", says {self.piece} at a time" if self.piece else ""
        return f"latency {self.latency:g} s{rate}{lost}{paused}{pieces}"


@dataclass(frozen=True)
class Schedule:
    """One try: what is transferred, over what, and what happens meanwhile."""

    seed: int
    model: str = "air724ug"
    asked: Asked = "download"
    strategy: Strategy = "auto"
    sizes: tuple[int, ...] = (100_000,)
    chunk: int | None = None
    #: Nothing in it is an XON or an XOFF.
    text: bool = False
    hash: Hash = "none"
    #: Which validators the server sends.
    etag: bool = True
    modified: bool = True
    #: The request with which another file of the same size takes the place of the first.
    changes_at: int | None = None
    #: Only that request is answered from the other one, as by one of several servers, and nothing
    #: but its bytes tells.
    strays: bool = False
    tls: bool = False
    baud: int | None = None
    speed: int | None = None
    flow: Flow | None = None
    fifo: HostFifo | None = None
    to_host: Way = field(default_factory=Way)
    to_module: Way = field(default_factory=Way)
    link: Link = field(default_factory=Link)
    left: tuple[str, ...] = ()
    #: With a directory that outlives the twin.
    state: bool = False
    kill: Kill | None = None
    #: When: at that share of the file, or at that second.
    kill_share: float | None = None
    kill_time: float = 0.0
    #: Whether the next host finds the module as the first has left it.
    module_stays: bool = True
    plan: FaultPlan = field(default_factory=lambda: FaultPlan(()))

    @classmethod
    def of(cls, seed: int) -> Schedule:
        """Drawn from the seed; four of ten without a fault, so that all has to go well."""
        dice = Dice(seed, "schedule")
        calm = dice.fraction() < 0.4
        model = dice.choice(MODELS)
        asked = dice.choice(_ASKED)
        tls = dice.fraction() < 0.12
        baud = dice.choice((None, 115200, 230400, 460800, 921600))
        speed = dice.choice((None, None, 460800, 921600)) if baud else None
        fifo, flow = _receiver(dice, calm) if baud else (None, None)
        to_host, to_module = _way(dice, calm), _way(dice, calm)
        slow = "bytes" in (to_host.cut, to_module.cut)
        most = _LARGEST_IN_BYTES if slow else _LARGEST_POST if asked == "post" else _LARGEST
        chunk = dice.choice((None, None, None, 512, 1000, 1460, 3072))
        sizes = tuple(_size(dice, model, chunk, most) for _ in range(2 if asked == "two" else 1))
        if chunk is not None and max(sizes) > 60 * chunk:
            chunk = None
        known = dice.choice(_HASHES)
        kill = dice.choice(_KILLS) if asked == "download" else None
        etag, modified = dice.fraction() < 0.7, dice.fraction() < 0.7
        unsure = known == "none" and asked == "download"
        changing = etag and unsure and dice.fraction() < 0.2
        strays = unsure and not (etag or modified)
        return cls(
            seed=seed,
            model=model,
            asked=asked,
            strategy=dice.choice(
                ("auto", "auto", "range", "stream" if _streams(model) else "auto")
            ),
            sizes=sizes,
            chunk=chunk,
            text=dice.fraction() < (0.7 if flow is Flow.SOFTWARE else 0.1),
            hash=known,
            etag=etag,
            modified=modified,
            changes_at=dice.whole(2, 8) if changing or strays else None,
            strays=strays,
            tls=tls,
            baud=baud,
            speed=speed,
            flow=flow,
            fifo=fifo,
            to_host=to_host,
            to_module=to_module,
            link=_link(dice, calm),
            left=tuple(dice.choice(_LEFT) for _ in range(dice.choice((0, 0, 0, 1, 2)))),
            state=dice.fraction() < 0.15,
            kill=kill,
            kill_share=dice.fraction() if dice.fraction() < 0.6 else None,
            kill_time=dice.magnitude(0.5, 60),
            module_stays=dice.fraction() < 0.6,
            plan=FaultPlan(()) if calm else random_plan(seed),
        )

    @property
    def calm(self) -> bool:
        """Whether nothing is put in the way: it must succeed at the first attempt."""
        return not self.plan.faults

    @property
    def starved(self) -> bool:
        """Whether the host loses bytes by what it asked for itself."""
        return self.fifo is not None and self.flow is Flow.NONE

    @property
    def unsuited(self) -> bool:
        """Whether its flow control takes bytes out of a body."""
        return self.flow is Flow.SOFTWARE and not self.text

    def __str__(self) -> str:
        fifo = f", FIFO {self.fifo.size} at {self.fifo.drain:g}/s" if self.fifo else ""
        line = f"{self.baud or 'no line time'}{f' to {self.speed}' if self.speed else ''}{fifo}"
        flow = f", flow {self.flow.name.lower()}" if self.flow is not None else ""
        part = f", parts of {self.chunk}" if self.chunk else ""
        when = f"{self.kill_share:.0%}" if self.kill_share is not None else f"{self.kill_time:g} s"
        stays = "stays" if self.module_stays else "is another"
        words = (
            f"{self.model}, {self.asked} of {', '.join(map(str, self.sizes))} bytes{part}",
            f"{self.strategy}, hash {self.hash}{', text' * self.text}",
            ", ".join(filter(None, ("TLS" * self.tls, "ETag" * self.etag, "date" * self.modified))),
            f"{'strays' if self.strays else 'changes'} at request {self.changes_at}"
            if self.changes_at
            else "",
            f"{line}{flow}",
            f"to host {self.to_host}, to module {self.to_module}",
            str(self.link),
            f"found with {' '.join(self.left)}" if self.left else "",
            "state kept" if self.state else "",
            f"{self.kill} at {when}, module {stays}" if self.kill else "",
            *map(str, self.plan.faults),
        )
        return "; ".join(filter(None, words))


_ASKED: tuple[Asked, ...] = (*("download",) * 15, "two", "two", "post", "post", "post", "get")
_HASHES: tuple[Hash, ...] = (*("none",) * 9, *("sha256",) * 5, "md5", "wrong")
_KILLS: tuple[Kill | None, ...] = (*[None] * 5, "cancel", "sigkill", "sigkill")
_CUTS: tuple[Cut, ...] = ("whole", "whole", "whole", "random", "nasty", "glued", "bytes")


def _streams(model: str) -> bool:
    return load_profile(model).has("ext_http")


def _way(dice: Dice, calm: bool) -> Way:
    delay = dice.choice((0.0, 0.0, 0.001, 0.016, 0.1))
    pause = dice.choice((0.0, 0.0, 0.0, 0.2, 0.4 if calm else 3.0))
    return Way(dice.choice(_CUTS), delay, pause)


def _link(dice: Dice, calm: bool) -> Link:
    return Link(
        latency=dice.choice((0.001, 0.02, 0.02, 0.1, 0.6)),
        bandwidth=dice.choice((None, None, 1.2e6, 1e5, 2e4)),
        loss=0.0 if calm else dice.choice((0.0, 0.0, 0.0, 0.005, 0.03)),
        pause=dice.choice((0.0, 0.0, 0.5, 2.0 if calm else 40.0)),
        piece=dice.choice((None, None, None, 7, 1460, 20_000)),
    )


def _receiver(dice: Dice, calm: bool) -> tuple[HostFifo | None, Flow | None]:
    """A host that is slow, or not, and what it asks for; a calm one does not starve itself."""
    flow = dice.choice((None, Flow.NONE, Flow.SOFTWARE, Flow.SOFTWARE, Flow.HARDWARE))
    if dice.fraction() < 0.4 or (calm and flow is Flow.NONE):
        return None, flow
    fifo = HostFifo(dice.choice((128, 512, 2048, 16384)), dice.choice((8000.0, 20_000.0, 80_000.0)))
    return fifo, flow


def _size(dice: Dice, model: str, chunk: int | None, most: int) -> int:
    """Often one byte beside where something ends."""
    if dice.fraction() < 0.5:
        return int(dice.magnitude(1, min(most, 500_000)))
    profile = load_profile(model)
    limits = (profile.limit("http_buffer"), profile.limit("post_limit"), profile.limit("read_max"))
    edge = dice.choice((*_EDGES, *limits, chunk or 0)) * dice.choice((1, 1, 1, 2, 3))
    return min(most, max(0, edge + dice.whole(-1, 1)))
