"""Each odd server three ways: what curl brings of it, what a download brings, and why not more.

Where `curl`, or `curl -r` part by part, gets the right file from a loopback socket, a download from
the same server must get it as well, or say in its sentence why a module cannot: one of `REASONS`.
Real servers make shorter pauses. A seed is a server, a module, HTTP or HTTPS; of the module every
strategy is tried.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from matrix.run import HOST, ends
from matrix.whole import BY_NAME, MODELS, strategies
from prove.frame import HangError, Proof, Verdict
from support.odd_servers import Case, Either, GivesUp, Right, Unvouched
from support.odd_servers.serve import on_socket

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from matrix.judge import End
    from support.odd_servers import Expectation, OddServer

#: Seconds one curl may take, and how often it is tried.
_LONGEST, _TRIES = 3, 3
#: Servers that name themselves by http:// are asked by that alone.
_PLAIN = ("mirrors", "redirects", "sessions")
#: What the server of the first URL alone may see.
_SECRET = {"Authorization": "Bearer 4711"}
#: Behaviours from one seed to the next: it has no divisor in common with their number.
_STRIDE = 149
#: How many seeds of a hundred are about HTTPS, and about files of several hundred kilobytes.
_SECURE, _LARGE = 35, 20

#: Why a module cannot have what curl has, by what the sentence of the error must say of it.
REASONS: Mapping[str, str] = {
    r"do not fit this module's \d": "its buffer does not hold the file, and no range can be used",
    r"changes from answer to answer": "two versions, and nothing says that the parts are of one",
    r"SHA-256 is \w+, not \w+": "another version than the hash that was told",
    r"the server now gives another thing": "another thing came once, in place of the file",
    r"answered (403|404|410)\b": "it asks more often than once, and was refused",
    r"answered (425|520)\b": "nobody repeats what was answered so, and curl was called again",
    r"answered 299\b": "nobody knows what that status means",
    r"408(,\d+)? \(time-out\)": "the server took longer than a module was told to wait",
    r"part \d+ .* 0,601,0 .*given up": "nothing tells a break of each range from a bad network",
    r"stream from 0: .* 0,601 .*given up": "nor one of a stream before its first byte was fetched",
    r"answered (400|50[01])\b": "what has a range is refused, and its buffer does not hold it",
    r"gave up after following some redirects": "a module follows five",
    r"longer than a module takes; without secrets": "the module itself would take a secret along",
    r"all at once it comes content-coded": "what has no range is coded",
    r"600(,\d+)? \(the answer was not HTTP\)": "a module reads 8 KiB of header",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What curl brought: whether the whole, and the parts put together, are the right file."""

    whole: bool
    parts: bool


async def fetch(behaviour: type[OddServer], case: Case, *, secure: bool = False) -> Fetched:
    """Both ways, each from a server of its own."""
    came: list[bool] = []
    for way in (_whole, _parts):
        server = behaviour(case)
        async with await asyncio.start_server(
            partial(on_socket, server), "127.0.0.1", 0, ssl=_context() if secure else None
        ) as listener:
            came.append(await way(server, _Curl(listener.sockets[0].getsockname()[1], secure)))
    return Fetched(*came)


def _context() -> ssl.SSLContext:
    from atwin.plan.certificates import server_context

    return server_context()


async def _whole(server: OddServer, curl: _Curl) -> bool:
    for _ in range(_TRIES):
        code, body = await curl.get(server.path)
        if code is not None and body in server.truths():
            return True
    return False


async def _parts(server: OddServer, curl: _Curl) -> bool:
    """Part by part, each with its 206 and the length that was asked for."""
    got, chunk = bytearray(), server.case.chunk
    while len(got) < server.size:
        last = min(len(got) + chunk, server.size) - 1
        for _ in range(_TRIES):
            code, body = await curl.get(server.path, "-r", f"{len(got)}-{last}")
            if code == 206 and len(body) == last + 1 - len(got):
                got += body
                break
        else:
            return False
    return bytes(got) in server.truths()


@dataclass(frozen=True, slots=True)
class _Curl:
    port: int
    secure: bool

    async def get(self, path: str, *more: str) -> tuple[int | None, bytes]:
        """The status and the body; None when curl failed."""
        scheme = "https" if self.secure else "http"
        with tempfile.NamedTemporaryFile() as out:
            process = await asyncio.create_subprocess_exec(
                *("curl", "-q", "-sSfL", "--max-time", str(_LONGEST), "--noproxy", "*"),
                *("-k", "--tls-max", "1.2", "--ciphers", "DEFAULT@SECLEVEL=0"),
                *("--connect-to", "nowhere.example::127.0.0.1:1"),
                *("--connect-to", "refusing.example::127.0.0.1:1"),
                *("--connect-to", f"::127.0.0.1:{self.port}"),
                *("-o", out.name, "-w", "%{http_code}", *more, f"{scheme}://{HOST}{path}"),
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


def compare(server: OddServer, fetched: Fetched, end: End) -> tuple[str, str]:
    """How it ended, counted by that, and what is a find."""
    expectation = server.expect(server.case)
    if excuse(expectation) == "" and could(server, server.case, fetched):
        return "unfair", "the kit lets a download off for no reason told"
    curls = fetched.whole or fetched.parts
    asked = [
        entry.request for entry in server.log.entries if "authorization" in entry.request.headers
    ]
    if others := {request.host for request in asked} - {HOST}:
        return "SECRET GIVEN AWAY", f"{others} had the password as well"
    if end.trouble:
        return "trouble", end.trouble
    if not end.code:
        if end.data in server.truths():
            return ("both" if curls else "the module alone"), ""
        told = isinstance(expectation, Unvouched) and re.search(
            expectation.warned, "\n".join(end.notes), re.IGNORECASE
        )
        return ("another version, and told", "") if told else ("WRONG FILE", str(end.notes))
    if not curls:
        return "neither", ""
    for pattern, reason in REASONS.items():
        if re.search(pattern, end.sentence):
            return f"curl alone: {reason}", ""
    return "NO REASON", end.sentence


def _cases(behaviour: type[OddServer], model: str, *, sha256: bool, small: bool) -> list[Case]:
    """Fresh downloads from it, one by each strategy; some servers are not for every one."""
    cases = (Case(model, strategy, "fresh", sha256, small) for strategy in strategies(model))
    return [case for case in cases if behaviour.applies(case)]


#: Those that a fresh download meets, with some module and file.
_NAMES = [
    name
    for name, behaviour in BY_NAME.items()
    if any(
        _cases(behaviour, model, sha256=known, small=small)
        for model, known, small in product(MODELS, (False, True), (False, True))
    )
]


def attempt(seed: int) -> Verdict:
    """One server and one module."""
    # Neighbours are of one family: a run of seeds is to meet all families.
    behaviour, dice = BY_NAME[_NAMES[seed * _STRIDE % len(_NAMES)]], random.Random(seed)
    cases: list[Case] = []
    while not cases:
        model, sha256 = dice.choice(MODELS), dice.random() < 0.3
        small = dice.randrange(100) >= _LARGE
        cases = _cases(behaviour, model, sha256=sha256, small=small)
    # A module that lower-cases headers is not sent elsewhere with a secret.
    headers = _SECRET if model != "air724ug" and dice.random() < 0.5 else None
    may_be_secure = behaviour.__module__.rpartition(".")[2] not in _PLAIN
    secure = dice.randrange(100) < _SECURE and may_be_secure
    counts, finds = Counter[str](), list[str]()
    fetched = asyncio.run(fetch(behaviour, cases[0], secure=secure))
    for case in cases:
        server = behaviour(case)
        try:
            end, _ = ends(server, secure=secure, headers=headers)
        except (HangError, TimeoutError) as error:
            finds.append(f"{case}: hang: {error}")
            continue
        ended, wrong = compare(server, fetched, end)
        counts[ended] += 1
        if wrong:
            finds.append(f"{case}: {ended}: {wrong}")
    what = f"{behaviour.name()} by {'HTTPS' if secure else 'HTTP'}"
    lost = f"{what}: {finds[0]}"[:500] if finds else ""
    return Verdict(seed, "lost" if finds else "compared", lost, "\n".join(finds), counts)


PROOF = Proof(
    name="curl",
    claim="Where curl gets the file of an odd server, a download gets it, or says why a module"
    " cannot.",
    unit="odd servers, with one module and each of its strategies",
    attempt=attempt,
    whole=4 * len(_NAMES),
    short=90,
    cpu=60.0,
    real=240.0,
    missing=lambda: "" if shutil.which("curl") else "curl is not here",
)
