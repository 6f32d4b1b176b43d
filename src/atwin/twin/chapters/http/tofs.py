"""AT+HTTPGETTOFS: a download straight into the module's files (docs/spec/http.md §3.12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.dialect.statuses import Status
from atwin.at.dialect.urcs import HttpGetToFs
from atwin.at.kinds import Range, Text
from atwin.at.reply import AtError, CmeError
from atwin.twin.board.flash import SELF_MADE, FlashError
from atwin.twin.chapters.http.failure import ActionFailed, Cause
from atwin.twin.chapters.http.service import HttpService
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.twin.chapters.http.client import Wanted
    from atwin.twin.chapters.http.service import Session

#: Bytes taken from the connection at a time.
_PIECE = 64 * 1024


class HttpToFlashCommands(Commands):
    """Downloads into flash (docs/spec/http.md §3.12)."""

    title = "HTTP download to file"

    def __init__(self, run: Run) -> None:
        self._http = run.find(HttpService)
        self._progress = _Progress()

    @command.set("+HTTPGETTOFS", needs="gettofs", plain_errors=True)
    def start(
        self,
        location: Annotated[int, Range(0, 0)],
        name: Annotated[str, Text("filename", 64)],
    ) -> None:
        """GET the URL into /USER/HTTP/<filename>; `+HTTPGETTOFS: <status>,<written>` ends it.

        A file of that name is replaced when all is there, and stays when something fails.
        """
        try:
            wanted = self._http.wanted(0)
            path = self._http.flash.place(f"{SELF_MADE}/{name}")
        except (CmeError, FlashError):
            raise AtError from None  # this command knows OK and ERROR
        self._progress = _Progress(running=True)
        progress = self._progress

        async def work(session: Session) -> tuple[int, int]:
            try:
                status = await self._fetch(session, wanted, path, progress)
                progress.answered = True
                return status, progress.written
            finally:
                progress.running = False

        tells_failures = self._http.profile.has("gettofs_failure")

        def urc(status: int, amount: int) -> Urc | None:
            if not (progress.answered or tells_failures):
                return None
            return HttpGetToFs(status, progress.written)

        self._http.act("HTTPGETTOFS", wanted, work, urc)

    @command.read("+HTTPGETTOFS", needs="gettofs")
    def progress(self) -> str:
        """Running or not, bytes written, bytes in all."""
        p = self._progress
        return f"+HTTPGETTOFS: {int(p.running)},{p.written},{p.total}"

    async def _fetch(self, session: Session, wanted: Wanted, path: str, progress: _Progress) -> int:
        async with self._http.client.response(wanted) as exchange:
            self._http.keep_head(session, exchange.head.block)
            status = exchange.head.status
            if not 200 <= status < 300:
                return status  # an error page is not the file
            progress.total = exchange.head.length or 0
            try:
                with self._http.flash.new_file(path) as file:
                    while data := await exchange.read(_PIECE):
                        try:
                            file.append(data)
                        finally:
                            progress.written = len(file)
                    file.keep()
            except FlashError as error:
                raise ActionFailed(Status.NO_MEMORY, Cause.FILE, str(error)) from None
            return status


@dataclass(slots=True)
class _Progress:
    running: bool = False
    #: A server's status ends it.
    answered: bool = False
    written: int = 0
    total: int = 0
