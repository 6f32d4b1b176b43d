"""Short messages: settings and queries of a store without messages (docs/spec/sms.md §2 to §5).

No message comes, and the network refuses each one that is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme, Cms
from atwin.at.dialect.commands import SIGN
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, Late, OneOf, OneWord, Range, Tail, Text
from atwin.at.reply import AtError, CmeError, CmsError, Collect, frame_prompt
from atwin.twin.chapters.answered.row import Answered, Omitted, Row
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Chapter, Run

if TYPE_CHECKING:
    from atwin.twin.engine.settings import Settings

#: Bytes of a message that is typed, and seconds the prompt waits.
_LONGEST, _PATIENCE = 1024, 60.0

_SWITCH = OneOf(0, 1)
#: What AT+CMGL lists: by number in PDU mode, by word in text mode.
_STATES = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT", "ALL")
#: The limits that say what a memory holds; both together are "MT".
_CAPACITIES = {"SM": ("sms_sim",), "ME": ("sms_module",), "MT": ("sms_sim", "sms_module")}
_NOT_SUPPORTED_SERVICE = "128"
_FIRST_OCTETS = (17, 21, 33, 37, 49, 53)
_INTERNATIONAL, _NATIONAL = 145, 129


class SmsCommands(Answered):
    """Short messages: a store without messages; none comes, and the network takes none."""

    title = "Short messages"
    rows = (
        Row(
            "+CSMP",
            {"fo": OneOf(*_FIRST_OCTETS), "vp": Range(0, 255), "pid": Range(0, 255)}
            | {"dcs": Range(0, 255)},
            "How a message in text mode is sent.",
            least=0,
            kept="csmp_default",
        ),
        Row(
            "+CNMI",
            {"mode": Range(0, 3), "mt": Range(0, 3), "bm": Range(0, 3)}
            | {"ds": Range(0, "cnmi_reports"), "bfr": Range(0, 1)},
            "How a new message is reported.",
            least=0,
            test="(0-3),(0-3),(0-3),(0-1),(0-1)",
            kept="cnmi_default",
        ),
        Row("+CSDH", {"show": _SWITCH}, "Show all fields of a header.", least=0, kept=(0,)),
        Row("+CMMS", {"mode": Range(0, 2)}, "Keep the link between messages.", least=0, kept=(0,)),
    )

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._service = 0
        self._is_engine = run.profile.has("sms_engine")
        self._centre = ("+8613800210500", _INTERNATIONAL)
        self._memories = run.profile.texts["sms_memories"].split(",")
        self.values: Settings = run.settings

    def refusal(self, number: int) -> AtError:
        """+CMS ERROR with the number of the model."""
        return CmsError(self.run.profile.value("cms_parameter"))

    cmgf = command.Setting(
        "+CMGF", "mode", _SWITCH, "Messages as PDU (0) or text (1).", read="The format.", bare=0
    )

    @command.set("+CPMS")
    def choose_memories(
        self,
        first: Annotated[str, Text("mem1")],
        second: Annotated[str | None, Omitted(Text("mem2"))] = None,
        third: Annotated[str | None, Omitted(Text("mem3"))] = None,
    ) -> str:
        """The memories to read, to write, and for what comes: SM or ME; what each holds."""
        words = list(self.values.cpms)
        for at, word in enumerate((first, second, third)):
            if word is not None:
                if word.upper() not in self._memories:
                    raise CmsError(self.run.profile.value("cms_memory"))
                words[at] = word.upper()
        self.values.cpms = (words[0], words[1], words[2])
        return "+CPMS: " + ",".join(f"0,{self._capacity(word)}" for word in words)

    @command.read("+CPMS")
    def memories(self) -> str:
        """The memories, and what each holds."""
        words = self.values.cpms
        return "+CPMS: " + ",".join(f'"{word}",0,{self._capacity(word)}' for word in words)

    @command.test("+CPMS")
    def memories_there_are(self) -> str:
        """The memories there are, for each of the three uses."""
        return "+CPMS: " + ",".join([OneWord(*self._memories).shown()] * 3)

    def _capacity(self, word: str) -> int:
        return sum(map(self.run.profile.limit, _CAPACITIES[word]))

    @command.set("+CSCA")
    def set_centre(
        self,
        number: Annotated[str, Text("sca", 20)],
        kind: Annotated[int | None, Omitted(Range(0, 255))] = None,
    ) -> None:
        """The service centre."""
        if kind is None:
            kind = _INTERNATIONAL if number.startswith("+") else _NATIONAL
        self._centre = (number, kind)

    @command.read("+CSCA")
    def centre(self) -> str:
        """The service centre."""
        number, kind = self._centre
        return f'+CSCA: "{number}",{kind}' if number else '+CSCA: ""'

    @command.set("+CSMS", test=True)
    def set_service(self, service: Annotated[Argument, Late(_SWITCH)]) -> str:
        """The service: 1 wants each message acknowledged."""
        if service.text == _NOT_SUPPORTED_SERVICE:
            raise CmsError(Cms.NOT_SUPPORTED)
        self._service = _SWITCH.convert(service)
        return f"+CSMS: {self._supported()}"

    @command.read("+CSMS")
    def service(self) -> str:
        """The service, and whether messages come, go, and are broadcast."""
        return f"+CSMS: {self._service},{self._supported()}"

    def _supported(self) -> str:
        return "1,1" if self.run.profile.has("csms_short") else "1,1,1"

    @command.set("+CMGL", bare=True)
    def list_messages(self, state: Annotated[str, Text("stat")] = "") -> None:
        """The messages of a state: there are none."""
        known = _STATES if self.values.cmgf else map(str, range(len(_STATES)))
        if state.upper() not in ("", *known):
            raise BadArgument(state)

    @command.test("+CMGL")
    def states(self) -> str:
        """The states there are, by the format."""
        if not self.values.cmgf:
            return f"+CMGL: (0-{len(_STATES) - 1})"
        shown = OneWord(*_STATES).shown()
        return f"+CMGL: {shown if self._is_engine else shown[1:-1]}"

    @command.set("+CMGR")
    def read_message(self, index: Annotated[int, Range(1, 255)]) -> None:
        """A message: there is none, so +CMS ERROR 321."""
        raise CmsError(Cms.BAD_INDEX)

    @command.set("+CMGD")
    def delete(
        self, index: Annotated[int, Range(0, 255)], flag: Annotated[int, Range(0, 4)] = 0
    ) -> None:
        """Delete a message, or with a flag all of a kind; without messages a flag is OK."""
        if not flag and not self._is_engine:
            raise CmsError(Cms.BAD_INDEX)

    @command.test("+CMGD")
    def to_delete(self) -> str:
        """The places and the flags."""
        return f"+CMGD: (1-{self._capacity(self.values.cpms[0])}),(0-4)"

    @command.set("+CMSS")
    def send_stored(self, values: Annotated[Argument, Tail("index")]) -> None:
        """Send a message of the store: there is none, so +CMS ERROR 321."""
        raise CmsError(Cms.BAD_INDEX)

    @command.set("+CNMA", bare=True)
    def acknowledge(self, mode: Annotated[int, Range(0, 2)] = 0) -> None:
        """Acknowledge a message: none waits for it, so +CMS ERROR 340."""
        raise CmsError(Cms.NO_ACKNOWLEDGEMENT_EXPECTED)

    @command.set("+CMGS", last=True)
    def send(
        self,
        to: Annotated[Argument, Text("da", 64)],
        kind: Annotated[int | None, Omitted(Range(0, 255))] = None,
    ) -> Collect:
        """Take a message up to Ctrl-Z, and be refused by the network; ESC gives it up."""
        clock = self.run.hardware.clock
        due = clock.now() + _PATIENCE

        def done(text: bytes) -> None:
            raise AtError if clock.now() >= due else self._refused()

        prompt = frame_prompt(SIGN, blank=True)
        return Collect(prompt, _LONGEST, _PATIENCE, done, typed=True)

    def _refused(self) -> CmsError:
        """Why a message is not sent: the card, the network, or that nobody takes it."""
        try:
            state = self._radio.sim_state
        except CmeError as error:
            absent = error.number == Cme.SIM_NOT_INSERTED
            return CmsError(Cms.SIM_NOT_INSERTED if absent else Cms.NOT_ALLOWED)
        if state != "READY":
            codes = {"SIM PIN": Cms.PIN_REQUIRED, "SIM PUK": Cms.PUK_REQUIRED}
            return CmsError(codes.get(state, Cms.SIM_NOT_INSERTED))
        return CmsError(Cms.UNKNOWN if self._radio.registered else Cms.NO_SERVICE)


CHAPTER = Chapter((SmsCommands,))
