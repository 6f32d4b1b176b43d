"""The odd servers on loopback sockets, with curl: are the expectations fair?

    python -m tests.matrix.curl [-k WORD]

Where `curl`, or `curl -r` part by part, gets the right file, and the module has the means, a
download has to get it, or the class says why not. Pauses are shorter here.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from matrix.run import HOST
from matrix.whole import BY_NAME, MODELS, strategies
from support.odd_servers import Case, Either, GivesUp, Right
from support.odd_servers.serve import on_socket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.odd_servers import Expectation, OddServer

#: Seconds one curl may take, and how often it is tried.
_LONGEST, _TRIES = 3, 3
#: Behaviours under way at a time.
_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Fetched:
    """What curl brought: whether the whole, and the parts put together, are the right file."""

    whole: bool
    parts: bool


async def fetch(behaviour: type[OddServer], case: Case) -> Fetched:
    """Both ways, each from a server of its own."""
    server = behaviour(case)
    async with await asyncio.start_server(partial(on_socket, server), "127.0.0.1", 0) as listener:
        whole = await _whole(server, listener.sockets[0].getsockname()[1])
    server = behaviour(case)
    async with await asyncio.start_server(partial(on_socket, server), "127.0.0.1", 0) as listener:
        parts = await _parts(server, listener.sockets[0].getsockname()[1])
    return Fetched(whole, parts)


async def _whole(server: OddServer, port: int) -> bool:
    for _ in range(_TRIES):
        code, body = await _curl(port, server.path)
        if code is not None and body in server.truths():
            return True
    return False


async def _parts(server: OddServer, port: int) -> bool:
    """Part by part, each with its 206 and the length that was asked for."""
    got, chunk = bytearray(), server.case.chunk
    while len(got) < server.size:
        last = min(len(got) + chunk, server.size) - 1
        for _ in range(_TRIES):
            code, body = await _curl(port, server.path, "-r", f"{len(got)}-{last}")
            if code == 206 and len(body) == last + 1 - len(got):
                got += body
                break
        else:
            return False
    return bytes(got) in server.truths()


async def _curl(port: int, path: str, *more: str) -> tuple[int | None, bytes]:
    """The status and the body; None when curl failed."""
    with tempfile.NamedTemporaryFile() as out:
        process = await asyncio.create_subprocess_exec(
            *("curl", "-q", "-sSfL", "--max-time", str(_LONGEST), "--noproxy", "*"),
            *("--connect-to", "nowhere.example::127.0.0.1:1"),
            *("--connect-to", "refusing.example::127.0.0.1:1"),
            *("--connect-to", f"::127.0.0.1:{port}"),
            *("-o", out.name, "-w", "%{http_code}", *more, f"http://{HOST}{path}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        said, _ = await process.communicate()
        return (int(said) if process.returncode == 0 else None), _bytes_of(out.name)


def _bytes_of(name: str) -> bytes:
    return Path(name).read_bytes()


def could(server: OddServer, case: Case, fetched: Fetched) -> bool:
    """Whether the module has the means for what curl did."""
    by_parts = fetched.parts and case.strategy != "stream"
    return by_parts or (fetched.whole and server.whole_will_do(case))


def excuse(expectation: Expectation) -> str | None:
    """Why the file need not come; None where it has to."""
    match expectation:
        case Right():
            return None
        case GivesUp(because=because) | Either(GivesUp(because=because)):
            return because
        case _:
            return "nothing vouches"


async def compare(behaviour: type[OddServer]) -> list[str]:
    """A line for each reason why a download need not get what curl gets, with its cases."""
    found: dict[str, list[str]] = {}
    for model in MODELS:
        for small in (True, False):
            fetched = await fetch(behaviour, Case(model, "auto", "fresh", False, small))
            for strategy in strategies(model):
                case = Case(model, strategy, "fresh", False, small)
                if not behaviour.applies(case):
                    continue
                server = behaviour(case)
                why = excuse(server.expect(case))
                if why is None and not (fetched.whole or fetched.parts):
                    found.setdefault("stricter   {}: curl does not get it", []).append(str(case))
                elif why is not None and could(server, case, fetched):
                    mark = "excused   " if why else "UNFAIR    "
                    found.setdefault(f"{mark} {{}}: {why}", []).append(str(case))
    return [
        f"{text.format(behaviour.name())} ({len(cases)} cases, {cases[0]})"
        for text, cases in found.items()
    ]


async def _main(word: str) -> int:
    gate = asyncio.Semaphore(_AT_A_TIME)

    async def one(behaviour: type[OddServer]) -> list[str]:
        async with gate:
            return await compare(behaviour)

    chosen = [behaviour for name, behaviour in BY_NAME.items() if word in name]
    unfair = 0
    for lines in await asyncio.gather(*map(one, chosen)):
        for line in lines:
            print(line)
            unfair += line.startswith("UNFAIR")
    print(f"{len(chosen)} behaviours, {unfair} unfair expectations")
    return 1 if unfair else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when curl gets a file that a download need not get, for no reason told."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix.curl", description=__doc__)
    parser.add_argument("-k", metavar="WORD", default="", help="behaviours with that word")
    return asyncio.run(_main(parser.parse_args(arguments).k))


if __name__ == "__main__":
    sys.exit(main())
