"""A private access point: what the default PDP is asked for with (docs/spec/general.md §6)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.kinds import BadArgument, Range, Text
from atwin.at.reply import Reply
from atwin.twin.board.sim import WAYS
from atwin.twin.chapters.network.pdp import StoredApn
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Chapter, Commands, Run

_SAVE, _USE, _STORE, _DELETE = range(4)
_LAST_WAY = len(WAYS) - 1


class ApnCommands(Commands):
    """APN, user and password of the default PDP (docs/spec/general.md §6).

    CPNETAPN counts first, then the default context of CGDCONT with its CGAUTH. An APN of SAPBR or
    CSTT is that of the bearer or the scene alone. A private card gets no PDP with wrong ones.
    """

    title = "Private APN"

    def __init__(self, run: Run) -> None:
        self._radio = run.find(Radio)
        self._pdp = self._radio.pdp
        self._nvram = run.hardware.nvram
        self._at_once = run.profile.has("cpnetapn_at_once")

    @command.read("+CPNETAPN")
    def stored(self) -> Reply:
        """Mode (2 stored, 3 not), APN, user, password and authentication, a line each."""
        stored = self._pdp.stored
        return Reply(
            (
                f"MODE: {_STORE if stored.apn else _DELETE}",
                f"APN: {stored.apn}",
                f"USR: {stored.user}",
                f"PWD: {stored.password}",
                f"AUTHMODE: {stored.auth}",
            )
        )

    @command.set("+CPNETAPN")
    def store(
        self,
        mode: Annotated[int, Range(0, 3)],
        apn: Annotated[str, Text("apn", 128)] = "",
        user: Annotated[str, Text("Username", 32)] = "",
        password: Annotated[str, Text("Password", 32)] = "",
        auth: Annotated[int, Range(0, _LAST_WAY)] = 0,
    ) -> None:
        """Store the definition (2) or delete it (3), and leave the network to come back with that.

        Authentication: 0 none, 1 PAP, 2 CHAP. Modes of older firmware: 0 stores it for the next
        start, 1 uses it until then. Before V1155 2 and 3, too, are for the next start.
        """
        if mode != _DELETE and not apn:
            raise BadArgument("an APN must be given")
        new = StoredApn()
        if mode != _DELETE:
            new = StoredApn(0, apn, user, password, auth)
        if mode != _USE:
            new.save(self._nvram)
        if mode == _USE or (mode != _SAVE and self._at_once):
            self._pdp.stored = new
            self._radio.start_over()

    @command.test("+CPNETAPN")
    def forms(self) -> str:
        """What AT+CPNETAPN takes."""
        return '+CPNETAPN:setmode=[2,3],"apn","Username","Password",authtype=[0,1,2]'

    @command.read("+AUTOAPN")
    def automatic(self) -> str:
        """1 automatic, 0 as stored."""
        return f"+AUTOAPN: {self._pdp.stored.automatic}"

    @command.set("+AUTOAPN", test=True)
    def set_automatic(self, automatic: Annotated[int, Range(0, 1)]) -> None:
        """Leave the APN to the network (1), or take what CPNETAPN has stored (0), from the next
        PDP on; kept.
        """
        self._pdp.stored.automatic = automatic
        self._pdp.stored.save(self._nvram)

    @command.read("+CGAUTH")
    def authentications(self) -> Reply:
        """One line a context that has any: cid, authentication, user, password."""
        return Reply(
            tuple(
                f'+CGAUTH: {cid},{auth},"{user}","{password}"'
                for cid, (auth, user, password) in sorted(self._pdp.auth.items())
            )
        )

    @command.set("+CGAUTH")
    def authenticate(
        self,
        cid: Annotated[int, Range(1, 15)],
        auth: Annotated[int | None, Range(0, _LAST_WAY)] = None,
        user: Annotated[str, Text("user", 64)] = "",
        password: Annotated[str, Text("password", 64)] = "",
    ) -> None:
        """User and password of a context, by PAP (1) or CHAP (2), or none (0); RAM only.

        The cid alone forgets them.
        """
        if auth is None:
            self._pdp.auth.pop(cid, None)
        else:
            self._pdp.auth[cid] = (auth, user, password)

    @command.test("+CGAUTH")
    def authentication_ranges(self) -> str:
        """What AT+CGAUTH takes."""
        return "+CGAUTH: (1-15),(0,1,2),(0-64),(0-64)"


CHAPTER = Chapter((ApnCommands,))
