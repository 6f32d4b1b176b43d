"""Speech and sound: how long it would last, and no sound (docs/spec/stubs.md §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.dialect.urcs import AudioPlayed, Spoken
from atwin.at.kinds import BadArgument, Range, Tail, Text
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.engine.run import Chapter, ChapterService, Run

if TYPE_CHECKING:
    import asyncio

    from atwin.at.dialect.said import Urc

#: Seconds a character is spoken, and a file is played.
_PER_CHARACTER, _FILE = 0.25, 1.0

_AUDIO = "audio_files"
#: Of AT+CTTSPARAM: volume, digits, pitch, speed, and seven more.
_PARAMETERS = (50, 0, 50, 50, 0, 0, 0, 1500, 150, 1, 0)
_LARGEST = 65535


class AudioCommands(Answered):
    """Speech and sound: answered, with a URC when it would be over; nothing sounds."""

    title = "Audio"
    rows = (
        Row(
            "+CTTSPARAM",
            {f"p{at}": Range(0, _LARGEST) for at in range(1, len(_PARAMETERS) + 1)},
            "Volume, speed and so on of speech.",
            least=1,
            kept=_PARAMETERS,
            test="",
            needs="tts",
        ),
        Row("+CTTS", {}, "Whether it speaks: always 0.", read="0", needs="tts"),
        Row(
            "+CAUDPLAY",
            {},
            "Whether it plays: always 0.",
            read="0",
            test="(1-4),<filename>",
            needs=_AUDIO,
        ),
        Row("+CRSL", {"level": Range(1, 15)}, "The loudness of the ring.", kept=(15,)),
        Row("+CAUDREC", {"values": Tail("values")}, "Record a file.", needs=_AUDIO),
        Row("+AUDCH", {"values": Tail("values")}, "The audio channel.", needs=_AUDIO),
        Row("+CDTMF", {"values": Tail("values")}, "Find tones in a call.", needs=_AUDIO),
    )

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._sounds = run.find(Sounds)
        self._flash = run.hardware.flash

    @command.set("+CTTS", needs="tts")
    def speak(
        self, mode: Annotated[int, Range(0, 3)], text: Annotated[str, Text("text")] = ""
    ) -> None:
        """Speak a text (1 to 3, by its encoding) or stop (0); +CTTS:0 reports the end."""
        if mode and not text:
            raise BadArgument("text")
        self._sounds.play(_PER_CHARACTER * len(text), Spoken(0) if mode else None)

    @command.set("+CAUDPLAY", needs=_AUDIO)
    def play(
        self,
        mode: Annotated[int, Range(1, 4)],
        name: Annotated[str | None, Text("filename")] = None,
    ) -> None:
        """Play a file (1), or stop, pause and go on; ERROR when there is no such file."""
        if mode == 1:
            if name is None:
                raise BadArgument("filename")
            self._flash.read(name)
            self._sounds.play(_FILE, AudioPlayed(1, int(_FILE * 1000)))


class Sounds(ChapterService):
    """What would sound now; there is one at a time."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._task: asyncio.Task[None] | None = None

    def play(self, seconds: float, then: Urc | None) -> None:
        """Sound so long, and say so; None: be silent from now on."""
        if self._task is not None:
            self._task.cancel()
        self._task = None if then is None else self.run.spawn(self._sound(seconds, then))

    async def _sound(self, seconds: float, then: Urc) -> None:
        await self.run.hardware.clock.sleep(seconds)
        self.run.urc(then)


CHAPTER = Chapter((AudioCommands,), Sounds)
