"""The file of a plan, as nginx serves it: what it answers, and how many bytes that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from http.client import responses
from typing import TYPE_CHECKING

from atwin.testing.origin import File, Generated

if TYPE_CHECKING:
    from atwin.plan.job import Job
    from atwin.testing.origin.resource import Answer, Headers

#: nginx's ETags have that size.
ETAG = "5e16f6b9-b6ba5c"
QUOTED_ETAG = f'"{ETAG}"'
#: What the Last-Modified of the file says.
CHANGED = formatdate(File(Generated(0)).modified, usegmt=True)

_DATE = len("Date: Fri, 23 Aug 2024 06:52:50 GMT\r\n")


@dataclass(frozen=True, slots=True)
class ServedFile(File):
    """A file with the header lines of nginx; `tagged` says whether an ETag is one of them."""

    tagged: bool = True

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        """See `File.answer`."""
        # Not super(): a dataclass with slots is another class than the one that was written.
        answer = File.answer(self, method, headers, body)
        lines = [line for line in answer.headers if self.tagged or line[0] != "ETag"]
        lines += [("Server", "nginx"), ("Connection", "keep-alive")]
        return replace(answer, headers=lines)


@lru_cache(8)
def served_file(size: int, *, tagged: bool = True) -> ServedFile:
    """The file of `size` bytes, always the same."""
    return ServedFile(Generated(size, seed=1), etag=ETAG, tagged=tagged)


def file_of(job: Job) -> ServedFile:
    """The file that `job` downloads."""
    return served_file(job.size, tagged=job.etag)


def head_size(file: File, method: str = "GET", span: tuple[int, int] | None = None) -> int:
    """Bytes of the header of its answer, to a GET of the bytes `span` (both included) or of all."""
    asked = {} if span is None else {b"range": b"bytes=%d-%d" % span}
    answer = file.answer(method, asked, b"")
    status = f"HTTP/1.1 {answer.status} {responses[answer.status]}\r\n"
    lines = [*answer.headers, ("Content-Length", str(answer.length))]
    return len(status) + _DATE + sum(len(f"{name}: {value}\r\n") for name, value in lines) + 2
