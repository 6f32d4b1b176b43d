"""Downloads from servers that answer in another way each time, by processes that are killed.

What comes out must be one version of the file, as the server had it, or a documented failure; and
a server that is well at last gives the file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from atwin.clock import run_virtual
from atwin.host.errors import HostError, VerificationError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from fuzz.runner import main
from support.modules.fake_module import Answer, Asked, FakeModule, FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from atwin.host.download.reports import Progress

URL = "http://files.example/firmware.bin"
#: Where syncing to the disk costs nothing, if there is such a place.
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
#: Requests of one process, beyond which it goes round in circles.
_MOST_REQUESTS = 2000
_PROCESSES = 5
_DATE = "Thu, 16 Jan 2020 06:50:58 GMT"


class Killed(BaseException):
    """Stands for a SIGKILL: nothing may clean up after it."""


@dataclass(frozen=True)
class Version:
    """One state of the file, and what the server says of it."""

    data: bytes
    etag: str | None
    modified: str | None
    type: str | None = "application/octet-stream"

    def headers(self) -> dict[str, str]:
        told = {"ETag": self.etag, "Last-Modified": self.modified, "Content-Type": self.type}
        return {"Date": _DATE} | {name: value for name, value in told.items() if value}


class MoodyServer(FakeServer):
    """Each request is answered by a mood; the moods it has, and how often, differ by server."""

    def __init__(self, dice: Random, *, streams: bool) -> None:
        super().__init__(b"")
        self.dice = dice
        size = dice.choice(
            (1, 2, 200, 700, 2999, 3000, 3001, 6000, 10_000, 10_000, 30_000, 150_000)
        )
        # Nobody says which version a broken stream was of.
        self.alike = not streams and dice.random() < 0.5
        #: Whether each whole answer and each part says of which version it is.
        self.tagged = self.alike or dice.random() < 0.5
        untagged = not self.tagged and dice.random() < 0.4
        count = dice.choice((1, 1, 2, 2, 3))
        first = dice.randbytes(size)
        self.versions = []
        for number in range(count):
            data = self._another(first, number) if self.alike else dice.randbytes(size)
            if not self.alike and dice.random() < 0.3:
                data = dice.randbytes(max(1, size + dice.randrange(-size // 2, size)))
            etag = None if untagged else f'"v{number}"'
            modified = (
                None
                if untagged or dice.random() < 0.5
                else f"Wed, 0{number + 1} Jan 2020 08:29:29 GMT"
            )
            self.versions.append(Version(data, etag, modified))
        self.now = self.versions[0]
        self.well = False
        moods = [name for name in dir(self) if name.startswith("mood_")]
        some = dice.sample(moods, dice.randrange(0, 5))
        #: How odd it is, from 0 to 1.
        self.oddness = dice.choice((0.05, 0.2, 0.5, 0.9))
        self.moods = [getattr(self, name) for name in some]
        heads = [name for name in dir(self) if name.startswith("about_")]
        self.heads = [getattr(self, name) for name in dice.sample(heads, dice.randrange(0, 3))]
        self.head_oddness = dice.choice((0.2, 0.9, 1.0))
        self.changing = dice.choice((0, 0, 0.02, 0.2)) if count > 1 else 0
        self.flapping = dice.choice((0, 0, 0.1, 0.5)) if count > 1 else 0
        self.if_range = dice.random() < 0.6
        self.no_ranges = dice.random() < 0.15
        self.page = dice.randbytes(dice.choice((0, 50, 700, size, 9000)))
        self.log: list[str] = []
        self.requests = 0

    @staticmethod
    def _another(first: bytes, number: int) -> bytes:
        """Differs from `first` in a few bytes only, in the middle: no look at the ends tells."""
        middle = len(first) // 2
        return (
            first[:middle]
            + bytes(x ^ number for x in first[middle : middle + 1])
            + first[middle + 1 :]
        )

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        self.requests += 1
        if self.requests > _MOST_REQUESTS:
            raise RuntimeError("it goes round in circles")
        dice = self.dice
        if not self.well and dice.random() < self.changing:
            self.now = dice.choice(self.versions)
        version = self.now
        if not self.well and dice.random() < self.flapping:
            version = dice.choice(self.versions)
        moods, oddness = (
            (self.heads, self.head_oddness)
            if asked.method == "HEAD"
            else (self.moods, self.oddness)
        )
        mood = (
            dice.choice(moods)
            if moods and not self.well and dice.random() < oddness
            else self.usual
        )
        got = mood(asked, version)
        if not self.well and not self.tagged and dice.random() < 0.2:
            got.headers.pop("ETag", None)
            got.headers.pop("Last-Modified", None)
        span = "" if asked.first is None else f" {asked.first}-{asked.last}"
        self.log.append(
            f"{asked.method}{span} v{self.versions.index(version)}"
            f" {mood.__name__}: {got.status} {len(got.body)} {got.headers}"
        )
        return got

    # --- usual ----------------------------------------------------------------------------------

    def usual(self, asked: Asked, version: Version) -> Answer:
        if asked.method == "HEAD":
            return Answer(200, b"", version.headers() | {"Content-Length": str(len(version.data))})
        condition = self._condition(asked.headers)
        matches = (
            not self.if_range or not condition or condition in (version.etag, version.modified)
        )
        if asked.first is None or not matches or self.no_ranges:
            return self.whole(asked, version)
        if asked.first >= len(version.data):
            return Answer(
                416, b"none", {"Date": _DATE, "Content-Range": f"bytes */{len(version.data)}"}
            )
        return self.slice(version, asked.first, self._last(asked, version))

    @staticmethod
    def _last(asked: Asked, version: Version) -> int:
        end = len(version.data) - 1
        return end if asked.last is None else min(asked.last, end)

    @staticmethod
    def whole(asked: Asked, version: Version) -> Answer:
        length = {"Content-Length": str(len(version.data))}
        return Answer(200, version.data, version.headers() | length)

    @staticmethod
    def slice(version: Version, first: int, last: int) -> Answer:
        body = version.data[first : last + 1]
        span = f"bytes {first}-{last}/{len(version.data)}"
        told = {"Content-Range": span, "Content-Length": str(len(body))}
        return Answer(206, body, version.headers() | told)

    def _sliced(self, asked: Asked, version: Version) -> Answer | None:
        got = self.usual(asked, version)
        return got if got.status == 206 else None

    # --- moods of GET ---------------------------------------------------------------------------

    mood_whole = whole

    def mood_refuses(self, asked: Asked, version: Version) -> Answer:
        return Answer(self.dice.choice((400, 401, 403, 404, 410)), b"<p>no</p>", {"Date": _DATE})

    def mood_busy(self, asked: Asked, version: Version) -> Answer:
        headers = {"Date": _DATE} | self.dice.choice(({}, {"Retry-After": "3"}))
        return Answer(self.dice.choice((429, 500, 502, 503)), b"later", headers)

    def mood_refuses_ranges(self, asked: Asked, version: Version) -> Answer:
        if asked.first is None:
            return self.usual(asked, version)
        return Answer(self.dice.choice((400, 403, 416, 500, 501)), b"no", {"Date": _DATE})

    def mood_portal(self, asked: Asked, version: Version) -> Answer:
        headers = {"Date": _DATE, "Content-Type": "text/html"}
        if self.dice.random() < 0.7:
            headers["Content-Length"] = str(len(self.page))
        return Answer(200, self.page, headers)

    def mood_short(self, asked: Asked, version: Version) -> Answer:
        got = self._sliced(asked, version)
        if got is None:
            return self.usual(asked, version)
        assert asked.first is not None
        last = self.dice.randrange(asked.first, asked.first + len(got.body))
        return self.slice(version, asked.first, last)

    def mood_early(self, asked: Asked, version: Version) -> Answer:
        if self._sliced(asked, version) is None:
            return self.usual(asked, version)
        assert asked.first is not None
        return self.slice(version, max(0, asked.first - 500), self._last(asked, version))

    def mood_elsewhere(self, asked: Asked, version: Version) -> Answer:
        first = self.dice.randrange(len(version.data))
        return self.slice(version, first, self.dice.randrange(first, len(version.data)))

    def mood_open(self, asked: Asked, version: Version) -> Answer:
        got = self.usual(asked, version)
        if "Content-Range" in got.headers and got.status == 206:
            span = got.headers["Content-Range"].partition("/")[0]
            return replace(got, headers=got.headers | {"Content-Range": f"{span}/*"})
        got.headers.pop("Content-Range", None)
        got.headers.pop("Content-Length", None)
        return got

    def mood_no_length(self, asked: Asked, version: Version) -> Answer:
        got = self.usual(asked, version)
        got.headers.pop("Content-Length", None)
        return got

    def mood_unnamed(self, asked: Asked, version: Version) -> Answer:
        got = self.usual(asked, version)
        got.headers.pop("Content-Range", None)
        return got

    def mood_as_200(self, asked: Asked, version: Version) -> Answer:
        got = self.usual(asked, version)
        return replace(got, status=200) if got.status == 206 else got

    def mood_one_too_many(self, asked: Asked, version: Version) -> Answer:
        got = self.usual(asked, version)
        if got.status == 206:
            span, _, total = got.headers["Content-Range"].partition("/")
            first, _, last = span.partition("-")
            got.headers["Content-Range"] = f"{first}-{int(last) + 1}/{total}"
        return got

    def mood_nothing(self, asked: Asked, version: Version) -> Answer:
        return Answer(204, b"", {"Date": _DATE})

    # --- moods of HEAD --------------------------------------------------------------------------

    def about_refused(self, asked: Asked, version: Version) -> Answer:
        return Answer(self.dice.choice((401, 404, 405, 500, 501, 503)), b"", {"Date": _DATE})

    def about_zero(self, asked: Asked, version: Version) -> Answer:
        return Answer(200, b"", version.headers() | {"Content-Length": "0"})

    def about_open(self, asked: Asked, version: Version) -> Answer:
        return Answer(200, b"", version.headers())

    def about_bare(self, asked: Asked, version: Version) -> Answer:
        return Answer(200, b"", {"Date": _DATE, "Content-Length": str(len(version.data))})

    def about_untagged(self, asked: Asked, version: Version) -> Answer:
        return Answer(200, b"", {"Date": _DATE})

    def about_portal(self, asked: Asked, version: Version) -> Answer:
        return Answer(
            200,
            b"",
            {"Date": _DATE, "Content-Type": "text/html", "Content-Length": str(len(self.page))},
        )

    def about_wrong(self, asked: Asked, version: Version) -> Answer:
        # Where the lengths of versions are in doubt, their ends are.
        length = self.dice.randrange(2 * len(version.data))
        if len(self.versions) > 1:
            return self.about_open(asked, version)
        return Answer(200, b"", version.headers() | {"Content-Length": str(length)})


@dataclass
class Run:
    """What one server, file and user make up."""

    dice: Random
    server: MoodyServer
    target: Path
    options: dict[str, Any]
    module: dict[str, Any]
    faults: float
    log: list[str] = field(default_factory=list)

    def process(self, kill_at: int | None = None) -> HostError | None:
        """One process of the host; the failure it ends with. May raise `Killed`."""
        self.server.requests = 0

        def progress(event: Progress) -> None:
            if event.note:
                self.server.log.append(f"  note: {event.note}")

        async def job() -> None:
            near, far = memory_pair()
            FakeModule(far, self.server, **self.module)
            async with Modem(near) as modem:
                await modem.download(URL, self.target, progress=progress, **self.options)

        self.server.failures = [
            self.dice.choice((600, 601, 408, 606, -100, -2500, -70_000))
            if not self.server.well and self.dice.random() < self.faults
            else None
            for _ in range(60)
        ]
        if not self.module["streams"]:
            self.server.failures = [x and max(x, 600) for x in self.server.failures]
        try:
            with _killed(kill_at):
                run_virtual(job())
        except HostError as failure:
            self.server.log.append(f"  ended: {failure.exit_code} {failure}")
            return failure
        finally:
            assert self.server.requests < _MOST_REQUESTS, "it goes round in circles"
        return None


@contextmanager
def _killed(after: int | None) -> Iterator[None]:
    """The process dies before the nth thing it does to the disk, and does no more then."""
    if after is None:
        yield
        return
    left = after

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                if real is pwrite and left == -1:
                    real(args[0], args[1][: len(args[1]) // 2], args[2])
                raise Killed
            return real(*args, **options)

        return call

    pwrite = os.pwrite
    names = ("pwrite", "replace", "unlink", "ftruncate", "write")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(os, name, deadly(getattr(os, name))))
        yield


def attempt(dice: Random) -> None:
    """One file, several processes, and a server that is well in the end."""
    streams = dice.random() < 0.5
    server = MoodyServer(dice, streams=streams)
    options: dict[str, Any] = {
        "chunk": dice.choice((3000, 3000, 3500, 4000, 700, None)),
        "give_up": 60.0,
        "strategy": dice.choice(("auto", "auto", "range", "stream" if streams else "auto")),
    }
    if dice.random() < 0.25:
        wished = dice.choice(server.versions).data
        name = dice.choice(("sha256", "md5"))
        options[name] = hashlib.new(name, wished).hexdigest()
    if len(server.now.data) < 1000 and dice.random() < 0.2:
        options["chunk"] = dice.choice((2, 3, 4, 5))
    module = {
        "buffer": 4096,
        "limit": 4000,
        "streams": streams,
        "lowercase": dice.random() < 0.3,
        "tells_streams": dice.random() < 0.7,
    }
    if streams and not module["tells_streams"]:
        # Owed: nothing says that a stream is another version of the same length.
        server.flapping = server.changing = 0
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        run = Run(
            dice,
            server,
            Path(folder) / "firmware.bin",
            options,
            module,
            dice.choice((0, 0, 0.1, 0.3)),
        )
        try:
            _live(run)
        except BaseException as error:
            error.add_note(f"{options} {module}, lengths {[len(v.data) for v in server.versions]}")
            error.add_note("\n".join(server.log[-120:]))
            raise


def _live(run: Run) -> None:
    dice, server = run.dice, run.server
    for _ in range(dice.randrange(1, _PROCESSES)):
        kill_at = dice.choice((None, dice.randrange(12), dice.randrange(120)))
        try:
            failure = run.process(kill_at)
        except Killed:
            server.log.append("  killed")
            continue
        if failure is None:
            _check(run)
            if dice.random() < 0.7:
                return
            server.log.append("  and again")
    server.well = True
    _ends_well(run)


def _ends_well(run: Run) -> None:
    server = run.server
    if (run.options.keys() & {"sha256", "md5"}) and not _is_wished(run, server.now.data):
        server.now = next(v for v in server.versions if _is_wished(run, v.data))
    for _ in range(3):
        failure = run.process()
        if failure is None:
            break
        said = str(failure)
        if isinstance(failure, VerificationError):
            continue
        if "another thing" in said and ".part" in said:
            # The advice is followed.
            run.target.with_name("firmware.bin.part").unlink()
            continue
        if server.no_ranges and ("do not fit" in said):
            return
        raise AssertionError(f"a server that is well gives no file: {failure}") from failure
    else:
        raise AssertionError("a server that is well gives no file")
    data = run.target.read_bytes()
    assert data == server.now.data, (
        f"{_what(run, data)} where the server has {_name(server, server.now)}"
    )


def _is_wished(run: Run, data: bytes) -> bool:
    name = "sha256" if "sha256" in run.options else "md5"
    return bool(hashlib.new(name, data).hexdigest() == run.options[name])


def _check(run: Run) -> None:
    data, server = run.target.read_bytes(), run.server
    if run.options.keys() & {"sha256", "md5"}:
        assert _is_wished(run, data)
        return
    assert any(data == v.data for v in server.versions) or data in (server.page, b""), _what(
        run, data
    )


def _name(server: MoodyServer, version: Version) -> str:
    return f"v{server.versions.index(version)}"


def _what(run: Run, data: bytes) -> str:
    """Of what a wrong file is made."""
    for version in run.server.versions:
        same = next(
            (i for i, (a, b) in enumerate(zip(data, version.data, strict=False)) if a != b),
            min(len(data), len(version.data)),
        )
        if same:
            begin = f"{len(data)} bytes, the first {same} of {_name(run.server, version)}"
            return f"{begin} ({len(version.data)})"
    return f"{len(data)} bytes, of nothing"


if __name__ == "__main__":
    main(attempt)
