"""The result of a request: a download in words and for `--json`, an answer to its file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from atwin.cli.ending import (
    DONE,
    REFUSED,
    USAGE,
    CommandFailed,
    judged,
    known,
    print_object,
    when_stopped,
)
from atwin.cli.says import one_line
from atwin.text import masked_url

if TYPE_CHECKING:
    from atwin.host.download.reports import DownloadResult
    from atwin.host.errors import ServerError
    from atwin.host.http.request import Response
    from atwin.host.modem import Modem

#: Bytes of a body that is shown in an object.
_LONGEST_BODY = 65_536
#: Statuses of a URL whose signature or time is over.
_REFUSALS = (401, 403, 404, 410)


def kept(url: str, target: str, *, whole: bool) -> str:
    """What is on disk of a download that was ended, and what to do."""
    if whole:
        return f"{target} is there, whole and verified"
    count = _kept_of(url, target)
    known(bytes_kept=0 if count is None else int(count.partition(" ")[0]))
    if count is None:
        return "nothing was kept yet"
    return f"{count} bytes are kept; the same command goes on from there"


def goes_on(failure: ServerError, url: str, target: str) -> str:
    """What is on disk of a download that the server ended, and what to do; empty without."""
    count = None if failure.complete else _kept_of(url, target)
    if count is None:
        return ""
    fresh = ", with a fresh URL if this one ran out" if failure.status in _REFUSALS else ""
    return f"{count} bytes are kept; the same command goes on from there{fresh}"


def _kept_of(url: str, target: str) -> str | None:
    """`5000 of 9000`, by the journal; None where it has nothing of that URL."""
    from atwin.disk.errors import DiskError
    from atwin.disk.journal import Journal

    try:
        record = Journal(target).load()
    except DiskError:
        return None
    if record is None or not record.is_of(url) or not record.done:
        return None
    length = record.entity.get("length")
    return f"{record.done} of {length}" if isinstance(length, int) else f"{record.done}"


def counted(count: int, what: str) -> str:
    """`1 retry`, `2 retries`."""
    if count == 1:
        return f"1 {what}"
    return f"{count} {what[:-1]}ies" if what.endswith("y") else f"{count} {what}s"


def rate(size: int, seconds: float) -> str:
    """Bytes a second in a unit that suits."""
    per_second = size / seconds if seconds else 0.0
    return f"{per_second / 1e6:.2f} MB/s" if per_second >= 1e6 else f"{per_second / 1e3:.1f} kB/s"


def summary(result: DownloadResult) -> str:
    """One line for a person."""
    if result.strategy == "none":
        return f"{result.file}: was there already, {result.bytes} bytes, sha256 {result.sha256}"
    fetched = result.bytes - result.resumed_from
    text = (
        f"{result.file}: {result.bytes} bytes in {result.seconds:.1f} s"
        f" ({rate(fetched, result.seconds)}), {counted(result.parts, 'part')}"
    )
    if result.resumed_from:
        now = counted(result.fetched_parts, "part")
        text += f", resumed from {result.resumed_from} ({now} fetched now)"
    if result.retries:
        text += f", {counted(result.retries, 'retry')}"
    helped = [rung.rung for rung in result.recovery if rung.helped]
    if helped:
        text += f", recovered by {', '.join(helped)}"
    if result.final_url is not None:
        text += f", from {masked_url(result.final_url)}"
    if result.coding is not None:
        text += f", content-coded ({result.coding}): the bytes are as sent, not decoded"
    return one_line(f"{text}, sha256 {result.sha256}")


def described(result: DownloadResult) -> dict[str, object]:
    """For `--json`."""
    from atwin.cli.commands.recover import described as climbed

    return {
        "url": result.url,
        "file": str(result.file),
        "bytes": result.bytes,
        "sha256": result.sha256,
        "parts": result.parts,
        "fetched_parts": result.fetched_parts,
        "resumed_from": result.resumed_from,
        "seconds": round(result.seconds, 3),
        "strategy": result.strategy,
        "model": result.model,
        "retries": result.retries,
        "recovery": climbed(result.recovery),
        "final_url": None if result.final_url is None else masked_url(result.final_url),
        "coding": result.coding,
    }


def _short_text(body: bytes) -> str:
    """`body` as text; empty if it is not text, or longer than an object should have."""
    try:
        return body.decode() if len(body) <= _LONGEST_BODY else ""
    except UnicodeDecodeError:
        return ""


class AnswerOutput:
    """Where the answer to a `post` or `head` goes: a file, or `-` for stdout."""

    def __init__(self, method: str, url: str, output: str, *, as_json: bool) -> None:
        """With `as_json` stdout gets one object.

        Raises `CommandFailed` if it cannot be kept there: nothing has been sent yet."""
        from atwin.disk.errors import DiskError
        from atwin.disk.target import find_target

        #: What is asked, as soon as it can be.
        self.modem: Modem | None = None
        self._method = method
        self._output = output
        self._as_json = as_json
        self._url = url
        known(url=url)
        when_stopped(self.stopped)
        try:
            if output != "-":
                find_target(output)
        except DiskError as error:
            advice = "nothing was sent; name another file, or - for stdout"
            raise CommandFailed(f"{error}; {advice}", USAGE) from None

    def deliver(self, response: Response, content: bytes, **more: object) -> int:
        """Write `content`, say the status; the exit code. The object has `more` as well.

        Raises `CommandFailed`, which says that the request has been answered, where `content`
        cannot be written. What was in the file stays then.
        """
        from atwin.disk.errors import DiskError
        from atwin.disk.whole import write_file

        status = response.status
        facts: dict[str, object] = {"status": status, "length": len(content), **more}
        known(**facts)
        try:
            if self._output == "-" and self._as_json:
                pass  # it is in the object
            elif self._output == "-":
                sys.stdout.buffer.write(content)
                if content[-1:] not in (b"", b"\n") and sys.stdout.isatty():
                    sys.stdout.buffer.write(b"\n")  # what follows on stderr begins a line
                sys.stdout.buffer.flush()
            else:
                write_file(self._output, content)
        except (DiskError, OSError) as error:
            why = str(error) if isinstance(error, DiskError) else judged(error)[0]
            raise CommandFailed(
                f"{why}; the {self._method} was sent, and answered with status {status}", USAGE
            ) from None
        click.echo(f"status {status}, {len(content)} bytes", err=True)
        code = REFUSED if status >= 400 else DONE
        if self._as_json:
            if self._output != "-":
                facts["file"] = self._output
            elif response.body:
                facts["body"] = None  # no text, or too much: -o writes it
            if code != DONE:
                facts |= {"error": f"the server answered with status {status}", "exit_code": code}
            answer: dict[str, object] = {"headers": dict(response.headers)}
            if self._output == "-" and (text := _short_text(response.body)):
                answer["body"] = text
            print_object({"url": self._url, **facts}, **answer)
        return code

    def stopped(self) -> str:
        """How far the request had got when somebody stopped it."""
        from atwin.host.http.statuses import Sent

        return {
            Sent.NOTHING: f"the {self._method} was not sent yet",
            Sent.PERHAPS: f"the {self._method} may have been sent",
            Sent.ANSWERED: f"the {self._method} was sent, and its answer was under way",
        }[Sent.NOTHING if self.modem is None else self.modem.sent]
