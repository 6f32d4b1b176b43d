"""Voice calls: answered, with URCs when somebody rings; there is no voice (docs/spec/stubs.md §1).

A number that is dialled is never reached. A call that comes (`ring` of the control socket) can be
answered and ended.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.results import NoCarrier
from atwin.at.dialect.urcs import CallEnded, Caller, CallKind, Ringing
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, OneOf, Range, Tail, Text
from atwin.at.reply import AtError, CmeError, Reply
from atwin.twin.chapters.answered.dialled import connect
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.engine.run import Chapter, ChapterService, Run

if TYPE_CHECKING:
    import asyncio

#: Seconds until a number that was dialled turns out not to answer, and from one RING to the next.
_NO_ANSWER, _BETWEEN_RINGS = 3.0, 5.0

_NUMBER = re.compile(r"[TP]?[0-9*#+A-D,W]+", re.IGNORECASE)
_PACKET_CALL = re.compile(r"[TP]?\*99(?:\*[^#]*)?#", re.IGNORECASE)
_NO_WORD = re.compile(r"[ ()-]")
_TONES = re.compile(r"[0-9#*A-D]+", re.IGNORECASE)

_SWITCH, _NOTHING = OneOf(0, 1), Argument("")
#: EC618 and EC718 know these, and have nothing that would serve them.
_SUPPLEMENTARY = ("supplementary", Cme.NOT_SUPPORTED)
_OWN = "voice_settings"


class CallCommands(Answered):
    """Voice calls: answered so that programs start; no call comes about but one that comes in."""

    title = "Voice calls"
    rows = (
        Row(
            "+CLIP", {"on": _SWITCH}, "Tell the caller's number after RING.", kept=(0,), read="{},1"
        ),
        Row("+CRC", {"on": _SWITCH}, "Tell a call by +CRING: VOICE (1) or RING (0).", kept=(0,)),
        Row("+CVHU", {"mode": _SWITCH}, "Whether ATH ends a voice call.", kept=(0,)),
        Row("+VTD", {"length": Range(1, 10)}, "The length of a tone.", kept=(3,)),
        Row("+CLVL", {"level": Range(0, 100)}, "The loudness.", kept=(50,), needs=_OWN),
        Row("+CMUT", {"on": _SWITCH}, "Mute the microphone.", kept=(0,), needs=_OWN),
        Row("+CMIC", {"gain": Tail("gain")}, "The microphone's gain.", needs=_OWN),
        Row("+ECHO", {"values": Tail("values")}, "Echo cancelling.", needs=_OWN),
        Row("+CMOD", {"mode": OneOf(0)}, "The mode of calls.", kept=(0,), needs=_OWN),
        Row("+CSTA", {"type": OneOf(129, 145)}, "The type of numbers.", kept=(129,), needs=_OWN),
        Row("+CEER", {}, "Why a call ended.", execute="No report available", needs=_OWN),
        Row("+SETVOLTE", {"on": _SWITCH}, "Calls over LTE.", kept=(1,), needs=_OWN),
        Row(
            "+COLP",
            {"on": _SWITCH},
            "Tell the number that was reached.",
            kept=(0,),
            read="{},0",
            refused=_SUPPLEMENTARY,
        ),
        Row(
            "+CLIR",
            {"mode": Range(0, 2)},
            "Hide the own number.",
            kept=(0,),
            read="{},0",
            refused=_SUPPLEMENTARY,
        ),
        Row("+CCWA", {"values": Tail("values")}, "Waiting calls.", read="", refused=_SUPPLEMENTARY),
        Row("+CCFC", {"values": Tail("values")}, "Forwarding of calls.", refused=_SUPPLEMENTARY),
        Row(
            "+CUSD",
            {"mode": Range(0, 2), "text": Text("str"), "dcs": Range(0, 255)},
            "A service code: it is taken, and no answer comes.",
            least=1,
            kept=(0,),
            refused=_SUPPLEMENTARY,
        ),
    )

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._calls = run.find(Calls)

    @command.set("D")
    def dial(self, number: Annotated[Argument, Tail("number")] = _NOTHING) -> Reply | None:
        """Dial: OK, and NO CARRIER after three seconds; *99# is CONNECT, and NO CARRIER soon."""
        dialled = _NO_WORD.sub("", number.text)
        if _PACKET_CALL.fullmatch(dialled):
            self._calls.end()
            return connect(self.run)
        if not _NUMBER.fullmatch(dialled):
            cme = self.run.profile.value("dial_cme")
            raise CmeError(cme) if cme else AtError
        self._calls.dial()
        return None

    @command.execute("A")
    def answer(self) -> Reply | None:
        """Take the call that comes; NO CARRIER when there is none."""
        if self._calls.number is None:
            return Reply(final=str(NoCarrier()))
        self._calls.answer()
        return None

    @command.basic("H")
    def hang_up(self, mode: Annotated[int, OneOf(0, 1)] = 0) -> None:
        """End the call; OK without one as well."""
        self._calls.end()

    @command.execute("+CHUP")
    def hang_up_all(self) -> None:
        """End the call; OK without one as well."""
        self._calls.end()

    @command.execute("+CLCC")
    def calls(self) -> str | None:
        """The calls there are, a line each."""
        if self._calls.number is None:
            return None
        state = 0 if self._calls.answered else 4
        return f'+CLCC: 1,1,{state},0,0,"{self._calls.number}",129'

    @command.set("+VTS")
    def tone(
        self,
        tones: Annotated[str, Text("tones")],
        length: Annotated[int | None, Range(1, 10)] = None,
    ) -> None:
        """Send tones into a call; ERROR without one."""
        if not self._calls.answered:
            raise AtError
        if not _TONES.fullmatch(tones):
            raise BadArgument(tones)

    @command.test("+VTS")
    def tones(self) -> str:
        """The tones there are."""
        return "+VTS: (0-9,#,*,A-D),(1-10)"

    def says(self, name: str) -> bool:
        """Whether the host has switched that on."""
        return any(row.name == name and self.kept(row)[0] for row in self.rows)


class Calls(ChapterService):
    """The call that comes, if one does; one that is dialled ends by itself."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        #: Who calls.
        self.number: str | None = None
        self.answered = False
        self._task: asyncio.Task[None] | None = None

    def ring(self, number: str) -> None:
        """Somebody calls, until the host answers or `end` is called."""
        self.end()
        self.number = number
        self.run.hardware.modem_lines.hold(low=True)
        self._task = self.run.spawn(self._ring())

    def give_up(self) -> None:
        """The caller ends the call."""
        if self.number is not None:
            self.end()
            self.run.urc(CallEnded())

    def answer(self) -> None:
        """ATA: no more RING."""
        self._stop()
        self.answered = True

    def end(self) -> None:
        """No call any more, whoever made it."""
        self._stop()
        self.number, self.answered = None, False

    def dial(self) -> None:
        """A number that nobody answers at."""
        self._stop()
        self._task = self.run.spawn(self._not_reached())

    @property
    def at_work(self) -> bool:
        return self._task is not None

    def _stop(self) -> None:
        """No more RING, and none is waited for."""
        self.run.hardware.modem_lines.hold(low=False)
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _ring(self) -> None:
        commands = self.run.commands(CallCommands)
        assert isinstance(commands, CallCommands)
        while True:
            self.run.urc(CallKind("VOICE") if commands.says("+CRC") else Ringing())
            if commands.says("+CLIP"):
                self.run.urc(Caller(self.number or "", 129))
            await self.run.hardware.clock.sleep(_BETWEEN_RINGS)

    async def _not_reached(self) -> None:
        await self.run.hardware.clock.sleep(_NO_ANSWER)
        self._task = None
        self.run.urc(CallEnded())


CHAPTER = Chapter((CallCommands,), Calls)
