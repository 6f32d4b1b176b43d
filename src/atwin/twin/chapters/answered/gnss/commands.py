"""The commands of the receiver, on models that have one (docs/spec/stubs.md §3)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.grammar import Argument
from atwin.at.kinds import OneOf, OneWord, Range, Tail
from atwin.at.reply import CmeError
from atwin.twin.chapters.answered.gnss.nmea import SENTENCES
from atwin.twin.chapters.answered.gnss.receiver import Satellites
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Commands, Run

_SWITCH = OneOf(0, 1)


class GnssCommands(Commands):
    """The position by satellites; where the module is, the control socket says."""

    title = "GNSS"

    def __init__(self, run: Run) -> None:
        self._radio = run.find(Radio)
        self._receiver = run.find(Satellites)

    @command.set("+CGNSPWR", test=True, needs="gnss")
    def switch(self, on: Annotated[int, _SWITCH]) -> None:
        """Switch the receiver on or off; the first fix takes 30 seconds."""
        self._receiver.turn(on=bool(on))

    @command.read("+CGNSPWR", needs="gnss")
    def switched(self) -> str:
        """Whether it is on."""
        return f"+CGNSPWR: {int(self._receiver.on)}"

    @command.execute("+CGNSINF", needs="gnss")
    def information(self) -> str:
        """On, fixed, UTC, latitude, longitude, height, speed, course, …: 21 fields."""
        return f"+CGNSINF: {self._receiver.fields()}"

    @command.set("+CGNSURC", test=True, needs="gnss")
    def report(self, seconds: Annotated[int, Range(0, 255)]) -> None:
        """Say +UGNSINF: with the same every <seconds> seconds; 0 means never."""
        self._receiver.report_every(seconds)

    @command.read("+CGNSURC", needs="gnss")
    def reported(self) -> str:
        """The seconds."""
        return f"+CGNSURC: {self._receiver.interval}"

    @command.set("+CGNSAID", needs="gnss")
    def aid(
        self,
        what: Annotated[int, Range(0, 31)],
        first: Annotated[int, _SWITCH],
        second: Annotated[int, _SWITCH],
        third: Annotated[int, _SWITCH],
    ) -> None:
        """Load the satellites' courses over the PDP: the fix then comes within 5 seconds."""
        if self._radio.address is None:
            raise CmeError(Cme.NOT_ALLOWED)
        self._receiver.aid()

    @command.test("+CGNSAID", needs="gnss")
    def aids(self) -> str:
        """What there is."""
        return "+CGNSAID: (0-31)(0-1)(0-1)(0-1)"

    @command.set("+CGNSCMD", needs="gnss")
    def instruct(
        self, kind: Annotated[int, OneOf(0)], sentence: Annotated[Argument, Tail("command")]
    ) -> None:
        """A command to the receiver's chip: taken, without effect."""

    @command.set("+CGNSSEQ", needs="gnss")
    def choose(self, sentence: Annotated[str, OneWord(*SENTENCES)]) -> None:
        """The sentence that is said each second."""
        self._receiver.sentence = sentence

    @command.read("+CGNSSEQ", needs="gnss")
    def chosen(self) -> str:
        """The sentence."""
        return f'+CGNSSEQ: "{self._receiver.sentence}"'

    @command.test("+CGNSSEQ", needs="gnss")
    def sentences(self) -> str:
        """The sentences there are."""
        return f"+CGNSSEQ: ({','.join(SENTENCES)})"

    @command.set("+CGNSTST", needs="gnss")
    def say(self, on: Annotated[int, _SWITCH]) -> None:
        """Say a sentence of NMEA 0183 each second, as a line of its own."""
        self._receiver.say_sentences(on=bool(on))

    @command.read("+CGNSTST", needs="gnss")
    def said(self) -> str:
        """Whether it does."""
        return f"+CGNSTST: {int(self._receiver.says_sentences)}"

    @command.test("+CGNSTST", needs="gnss")
    def to_say(self) -> str:
        """Yes or no."""
        return "+CGNSTST: (0-1)"

    @command.set("+CGNSDEL", needs="gnss")
    def forget(self, what: Annotated[int, Range(1, 3)]) -> str:
        """Forget where the satellites are: the next fix takes 30 seconds again."""
        self._receiver.forget()
        return f"+CGNSDEL: {what},0,0"
