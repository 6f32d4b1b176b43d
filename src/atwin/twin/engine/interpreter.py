"""The command interpreter: bytes in, answers out, one command line at a time.

See docs/spec/uart.md §1-§4. A command that needs no waiting is answered on the spot; one that
waits, or whose answer is long, makes the line busy, and what the host types meanwhile stays in the
UART's receive buffer. URCs go out only in the gaps.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from atwin.at.cme import Wording
from atwin.at.dialect.results import OK
from atwin.at.dialect.urcs import parse_urc
from atwin.at.grammar import Command, MalformedLine
from atwin.at.reply import (
    ANSWERS,
    Answer,
    AtError,
    Block,
    Collect,
    Reply,
    frame_block,
    frame_error,
    frame_final,
    frame_lines,
    frame_urc,
)
from atwin.twin.engine.execution import as_error, execute, parsed
from atwin.twin.engine.lines import OVERLONG, DataPhase, LineReader
from atwin.twin.engine.urc_queue import UrcQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.at.dialect.said import Urc
    from atwin.clock.base import Timer
    from atwin.twin.engine.run import Run

log = logging.getLogger("atwin.twin")

#: Seconds without a byte after which a line that has begun no longer holds back URCs: with echo
#: on they would cut it apart, but noise that never ends in CR must not silence the module.
_TYPING = 1.0

#: Seconds that a module which echoes a LF waits for it after a CR.
_LINE_FEED_WAIT = 0.02

#: Bytes of short answers after which the port is asked whether anyone takes them.
_MUCH_OUTPUT = 65536

_OK_ALONE = Reply()

#: The rest of a line that has none; shared, for a deque is large.
_NO_MORE: deque[Command] = deque()


class Passage(Protocol):
    """What takes the place of the commands while the line carries data only (AT+CIPMODE=1)."""

    def typed(self, rx: bytearray) -> None:
        """Remove from `rx` what can be taken now; the rest waits in the UART."""


class Interpreter:
    """Reads command lines from the UART, runs them, and keeps URCs out of the answers."""

    def __init__(self, run: Run) -> None:
        hardware, profile = run.hardware, run.profile
        self._run = run
        self._uart = hardware.uart
        self._rx = hardware.uart.rx
        self._clock = hardware.clock
        self._taps = hardware.taps
        self._settings = run.settings
        self._uart_settings = run.settings.ipr, run.settings.icf, run.settings.ifc
        self._longest = profile.limit("line_max")
        self._overflows_silently = profile.has("line_overflow_silent")
        self._echoes_line_feed = profile.has("echo_lf")
        self._wording = Wording(
            profile.choice("cme_texts") == "engine", profile.has("cms_text_always")
        )
        self._reader = LineReader(self._longest)
        self._line_feed_due: Timer | None = None
        self._started = self._stopped = False
        self._busy = False
        self._data_phase: DataPhase | None = None
        self._passage: Passage | None = None
        self._unsolicited = UrcQueue(
            profile.value("urc_queue_count"), profile.value("urc_queue_bytes")
        )
        self._typed_at = self._clock.now()
        self._gap_due: Timer | None = None
        #: Hears what is about to be said unasked; gives the seconds it has to wait still.
        self.announces: Callable[[bytes], float] | None = None
        #: Called before the first URC that RI has pulses for always.
        self.rings: Callable[[], object] = lambda: None
        self._announced = b""  # and waits
        self._output = 0
        self._echo = b""  # of the line that is being run, until something is written

    def start(self) -> None:
        """Begin to take bytes from the UART."""
        self._started = True
        self._uart.listen(self.resume)

    def stop(self) -> None:
        """The firmware ends: nothing is read and nothing said any more."""
        self._stopped = self._busy = True
        self._unsolicited.clear()
        self._passage = None
        for timer in (self._gap_due, self._line_feed_due):
            if timer is not None:
                timer.cancel()
        if self._data_phase is not None:
            self._data_phase.stop_timer()
        self._data_phase = None
        self._uart.listen(None)

    def urc(self, urc: Urc, *, bare: bool = False) -> None:
        """Say something unsolicited, as soon as no answer, echo or data phase is under way.

        `bare`: without the CR LF in front.
        """
        if self._taps.says is None or self._taps.says(urc):
            if urc.RINGS:
                self.rings()
            self._unsolicited.add_urc(frame_urc(str(urc), bare=bare))
            self._fill_gap()

    def urc_of_text(self, text: str) -> None:
        """The same of a line that a person wrote; RI has pulses for one that always has them."""
        if (known := parse_urc(text)) is not None and known.RINGS:
            self.rings()
        self._unsolicited.add_urc(frame_urc(text))
        self._fill_gap()

    def in_gap(self, output: Callable[[], bytes]) -> None:
        """Write what `output` gives in the next gap, in turn with the URCs; b"" is nothing."""
        self._unsolicited.add(output)
        self._fill_gap()

    @property
    def alive(self) -> bool:
        """Whether the parser runs: the module has started, and neither hangs nor ends."""
        return self._started and not self._stopped

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a command, with nothing to say."""
        waits = self._unsolicited.waiting or self._announced or self._reader.holds
        return self._is_gap() and not waits

    def say(self, raw: bytes) -> None:
        """Send bytes as they are, not as lines of text (the ROM banner, a passage's data)."""
        self._uart.write(raw)

    async def drain(self) -> None:
        """Return when what was written has left, and there is somebody to take more."""
        await self._uart.drain()

    # --- the line in other hands ----------------------------------------------------------------

    def hand_over(self, passage: Passage) -> None:
        """From now on what is typed goes to `passage`, and nothing is said by itself."""
        self._reader.forget()
        self._unsolicited.begin_data()
        self._passage = passage

    def take_back(self) -> None:
        """Commands again; what waited to be said is said."""
        self._passage = None
        self.resume()

    # --- input ----------------------------------------------------------------------------------

    def resume(self) -> None:
        """Take what the UART holds, as far as it can be used now.

        Between two lines typed in one go there is a gap as well.
        """
        rx = self._rx
        if self._unsolicited.waiting:
            self._fill_gap()
        while rx and not self._busy:
            if self._output > _MUCH_OUTPUT:
                self._busy = True
                self._run.spawn(self._send(b"", _NO_MORE))
                return
            if self._passage is not None:
                self._reader.swallow_line_feed(rx)
                self._passage.typed(rx)
                break
            if self._data_phase is not None:
                self._feed_data(self._data_phase, rx)
                continue
            self._take_line(rx)
        self._uart.taken()

    def _take_line(self, rx: bytearray) -> None:
        """Take from `rx` up to the end of a line, and run that."""
        reader, longest, echoes = self._reader, self._taps.longest_line, self._settings.echo
        if longest >= self._longest:
            reader.longest, reader.refuses = self._longest, not self._overflows_silently
        else:
            reader.longest, reader.refuses = longest, True
        reader.awaits_line_feed = echoes and self._echoes_line_feed
        if self._line_feed_due is not None:
            self._line_feed_due.cancel()
            self._line_feed_due = None
        line = reader.take(rx)
        if echoes:
            self._echo = reader.echo
        if line is not None:
            self._run_line(line)
        else:
            self._typed_at = self._clock.now()
            if reader.holds:
                self._line_feed_due = self._clock.call_later(_LINE_FEED_WAIT, self._no_line_feed)
        if self._echo:
            self._write(b"")
        self._fill_gap()

    def _no_line_feed(self) -> None:
        """No LF has come after a CR that was the end of a line."""
        if self._reader.holds:
            self._run_line(self._reader.release())
            self._fill_gap()
            self.resume()

    def _is_gap(self) -> bool:
        return not self._busy and self._data_phase is None and self._passage is None

    def _fill_gap(self) -> None:
        if self._busy or self._data_phase is not None or self._passage is not None:
            return
        settings = self._settings
        if self._uart_settings != (now := (settings.ipr, settings.icf, settings.ifc)):
            # Only now: the line that sets another rate is still answered at the old one.
            self._uart_settings = now
            self._uart.configure(settings.line_mode())
        if not self._unsolicited.waiting or self._announced or not self._uart.ready:
            return
        if self._settings.echo and self._reader.pending:
            left = self._typed_at + _TYPING - self._clock.now()
            if left > 0:
                if self._gap_due is None:
                    self._gap_due = self._clock.call_later(left, self._gap_is_due)
                return
        # What is said may end the gap: after CONNECT the line belongs to the data.
        while self._unsolicited.waiting and self._is_gap():
            if output := self._unsolicited.take():
                if self.announces is not None and (wait := self.announces(output)):
                    self._announced = output
                    self._clock.call_later(wait, self._say_announced)
                    return
                self._uart.write(output)

    def _say_announced(self) -> None:
        """In the next gap, and then what has had to wait for it."""
        if self._stopped:
            return
        output, self._announced = self._announced, b""
        self._unsolicited.add_first(output)
        self._fill_gap()

    def _gap_is_due(self) -> None:
        self._gap_due = None
        self._fill_gap()

    # --- command lines --------------------------------------------------------------------------

    def _run_line(self, line: str) -> None:
        try:
            if line == OVERLONG:  # discarded, but not in silence
                raise AtError
            commands = parsed(self._run, line)
        except (AtError, MalformedLine):
            self._write(frame_error(AtError(), self._settings, self._wording))
            return
        if commands == ():
            self._write(frame_final(OK, self._settings))
        elif commands is not None:
            self._go_on(deque(commands))

    def _go_on(self, commands: deque[Command]) -> None:
        """Run the rest of a line, up to its end, its first error, or its first wait."""
        while commands:
            command = commands.popleft()
            self._busy = True
            if self._taps.command is not None:
                self._taps.command(command)
            if self._stopped:
                return
            try:
                answer = execute(self._run, command, last=not commands)
            except Exception as error:
                self._fail(error)
                return
            if not isinstance(answer, ANSWERS):
                self._run.spawn(self._finish(answer, commands))
                return
            self._busy = False
            if not self._deliver(answer, commands):
                return

    def _fail(self, error: Exception) -> None:
        """End the line with an error result."""
        self._busy = False
        self._write(frame_error(as_error(error), self._settings, self._wording))

    async def _finish(self, pending: Awaitable[Answer], commands: deque[Command]) -> None:
        try:
            answer = await pending
        except Exception as error:
            self._fail(error)
        else:
            self._busy = False
            if self._deliver(answer, commands):
                self._go_on(commands)
        self._fill_gap()
        self.resume()

    def _deliver(self, answer: Answer, rest: deque[Command]) -> bool:
        """Put one command's answer on the line. False when the line ends with it."""
        match answer:
            case Block():
                self._busy = True
                if not rest and (aside := self._aside()):
                    answer = replace(answer, tail=answer.tail + aside)
                output = frame_block(answer, self._settings, final=not rest)
                self._run.spawn(self._send(output, rest or _NO_MORE))
                return False
            case Collect():
                self._write(answer.prompt)
                self._begin_data_phase(answer)
                return False
            case None:
                answer = _OK_ALONE
            case str():
                answer = Reply((answer,))
        output = frame_lines(answer.lines, self._settings) if answer.lines else b""
        goes_on = bool(rest) and answer.final == OK and answer.after is None
        if answer.final is not None and not goes_on:
            output += self._aside() + frame_final(answer.final, self._settings)
        if answer.trailer:
            output += frame_lines(answer.trailer, self._settings)
        self._write(output)
        if answer.after is not None:
            answer.after()
            return False
        return True

    def _aside(self) -> bytes:
        text = None if self._taps.aside is None else self._taps.aside()
        return b"" if text is None else frame_urc(text)

    def _write(self, output: bytes) -> None:
        """In one piece with the echo in front of it: each piece costs host and port a turn."""
        if self._echo:
            output, self._echo = self._echo + output, b""
        if output and not self._stopped:
            self._output += len(output)
            self._uart.write(output)

    async def _send(self, output: bytes, rest: deque[Command]) -> None:
        """A long answer keeps the port busy until it has left (docs/spec/http.md §3.6)."""
        self._write(output)
        del output  # it is on the line, and is not to be there twice
        await self._uart.drain()
        self._output = 0
        self._busy = False
        if rest:
            self._go_on(rest)
        self._fill_gap()
        self.resume()

    # --- data phases ----------------------------------------------------------------------------

    def _begin_data_phase(self, collect: Collect) -> None:
        phase = DataPhase(collect)
        self._unsolicited.begin_data()
        if collect.seconds is not None:
            end = partial(self._end_data_phase, phase)
            phase.timer = self._clock.call_later(collect.seconds, end)
        self._data_phase = phase

    def _feed_data(self, phase: DataPhase, rx: bytearray) -> None:
        self._reader.swallow_line_feed(rx)
        if phase.feed(rx):
            self._reader.swallow_trailer()
            self._end_data_phase(phase)

    def _end_data_phase(self, phase: DataPhase) -> None:
        if phase is not self._data_phase:
            return
        self._data_phase = None
        phase.stop_timer()
        if phase.given_up:
            self._deliver(None, deque())
            self._fill_gap()
            return
        self._busy = True
        try:
            answer = phase.collect.done(bytes(phase.data))
        except Exception as error:
            self._fail(error)
        else:
            if not isinstance(answer, ANSWERS):
                self._run.spawn(self._finish(answer, deque()))
                return
            self._busy = False
            self._deliver(answer, deque())
        self._fill_gap()
