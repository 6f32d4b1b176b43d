"""The commands that need telling, a row each: all others answer with information lines and OK.

What takes data, brings a counted body, ends otherwise than with OK, goes on after it, or carries a
secret stands here, and nowhere else. Twin, host, console, trace, faults and masking read it.
"""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from atwin.at.dialect import results, urcs
from atwin.at.dialect.said import BodyHeader, Said, Urc
from atwin.at.grammar import Command, Form, MalformedLine, parse_line, split_arguments
from atwin.at.lenient import number

#: What the module says when it wants data: a line, or a sign without a line end.
DOWNLOAD, SIGN = "DOWNLOAD", ">"


@dataclass(frozen=True, slots=True)
class Secret:
    """Which arguments are secret: `count` of them from number `first` (0 is the first) on.

    `count` None: all the rest of the command. `where`: patterns that earlier arguments must fit.
    `marks`: what follows the name, `=` in a command, `:` in an answer.
    """

    first: int = 0
    count: int | None = None
    where: dict[int, str] = field(default_factory=dict)
    marks: str = "="


@dataclass(frozen=True, slots=True)
class Shape:
    """What one command takes and answers, besides information lines and OK."""

    #: The forms this holds for; secrets and files are those of any form.
    forms: tuple[Form, ...] = (Form.SET, Form.EXECUTE)
    #: What asks for data, and which argument is their number of bytes. One more with several links
    #: where the command has a link's number first.
    prompt: str | None = None
    size_at: int = 0
    of_link: bool = False
    #: No argument is that number: the data end with Ctrl-Z.
    typed: bool = False
    #: What announces a counted body.
    bodies: tuple[type[BodyHeader], ...] = ()
    #: It is answered with the content of a file, which nothing announces.
    reads_file: bool = False
    #: Results besides OK that mean it is done, and besides the errors that it is not.
    done: tuple[type[Said], ...] = ()
    refused: tuple[type[Said], ...] = ()
    #: Lines without a name that are the answer; they come before OK or after it.
    own: tuple[type[Said], ...] = ()
    #: The URCs that end what the command began.
    closing: tuple[type[Urc], ...] = ()
    #: It is a request of the HTTP service.
    is_action: bool = False
    secrets: tuple[Secret, ...] = ()
    #: Names of others that its information may have.
    also: tuple[str, ...] = ()


PLAIN = Shape()

COMMANDS = {
    # general, SIM
    "O": Shape(done=(urcs.Connect,), refused=(results.NoCarrier,)),
    "D": Shape(done=(urcs.Connect,), refused=(results.NoCarrier,), closing=(urcs.CallEnded,)),
    "A": Shape(refused=(results.NoCarrier,)),
    "+CPIN": Shape(secrets=(Secret(),)),
    "+CPIN2": Shape(secrets=(Secret(),)),
    "+CPWD": Shape(secrets=(Secret(),)),
    "+CLCK": Shape(secrets=(Secret(2),)),
    # new firmware (docs/spec/general.md §2, §3)
    "+UPGRADE": Shape(secrets=(Secret(1, 1, where={0: '"?KEY"?'}, marks="=:"),)),
    "+UARTUPGRADE": Shape(refused=(results.LineUpgradeError,)),
    "+CSIM": Shape(secrets=(Secret(1, 1),)),
    # network: some firmware has another name in its answer (docs/spec/network.md §2)
    "+CEREG": Shape(also=("+CGREG",)),
    # PDP and bearer
    "*GETIP": Shape(also=("+GETIP",)),
    "^CACAP": Shape(also=("+CACAP",)),
    "+CGAUTH": Shape(secrets=(Secret(2, 2, marks="=:"),)),
    "+CPNETAPN": Shape(secrets=(Secret(3, 1),)),
    "+SAPBR": Shape(
        secrets=(
            Secret(3, where={0: '"?3"?', 2: '"?PWD"?'}),
            Secret(1, where={0: '"?PWD"?'}, marks=":"),
        )
    ),
    # HTTP (docs/spec/http.md §3)
    "+HTTPDATA": Shape(prompt=DOWNLOAD),
    "+HTTPREAD": Shape(bodies=(results.HttpRead,)),
    "+HTTPHEAD": Shape(bodies=(results.HttpHead, results.HttpRead)),
    "+HTTPACTION": Shape(closing=(urcs.HttpAction,), is_action=True),
    "+HTTPEXACTION": Shape(closing=(urcs.HttpExAction,), is_action=True),
    "+HTTPEXPOST": Shape(prompt=SIGN),
    "+HTTPEXGET": Shape(bodies=(results.HttpExGet, results.HttpGet)),
    "+HTTPGETTOFS": Shape(closing=(urcs.HttpGetToFs,), is_action=True),
    # TLS and files (docs/spec/fs.md §2)
    "+SSLCFG": Shape(secrets=(Secret(2, where={0: r'"?(?:premaster|psk\w*)"?'}, marks="=:"),)),
    "+FSWRITE": Shape(prompt=SIGN, size_at=2),
    "+FSREAD": Shape(reads_file=True),
    # TCP and UDP (docs/spec/network.md §5)
    "+CSTT": Shape(secrets=(Secret(2, 1, marks="=:"),)),
    "+CIPCSGP": Shape(secrets=(Secret(3, 1, marks="=:"),)),
    "+CIFSR": Shape(done=(results.Address,)),
    "+CIPSTART": Shape(
        refused=(results.AlreadyConnect,), closing=(urcs.ConnectOk, urcs.ConnectFail, urcs.Connect)
    ),
    "+CIPSTATUS": Shape(forms=(Form.EXECUTE,), own=(urcs.SceneState, results.LinkStatus)),
    "+CIPSEND": Shape(
        prompt=SIGN,
        of_link=True,
        done=(results.SendOk, results.DataAccept),
        refused=(results.SendFail,),
    ),
    "+CIPRXGET": Shape(bodies=(results.Fetched,)),
    "+CIPCLOSE": Shape(done=(results.CloseOk,)),
    "+CIPSHUT": Shape(done=(results.ShutOk,)),
    "+CDNSGIP": Shape(closing=(urcs.NameResolved, urcs.NameUnknown)),
    # answered only (docs/spec/stubs.md, sms.md §3, time-ftp.md §1)
    "+CGDATA": Shape(done=(urcs.Connect,), closing=(urcs.CallEnded,)),
    "+CMGS": Shape(prompt=SIGN, typed=True),
    "+CNTP": Shape(forms=(Form.EXECUTE,), closing=(urcs.NetworkClockSet,)),
    # of other modules
    "+MCONFIG": Shape(secrets=(Secret(1, 2),)),
    "+FTPPW": Shape(secrets=(Secret(marks="=:"),)),
}

#: Lines of answers that are secret and do not name their command: what is written before the colon.
SECRET_LINES = ("PWD", "Gprs Config Password")

#: What is typed without a length: as much as a packet holds, up to Ctrl-Z.
_PACKET, CTRL_Z, ESC = 1460, b"\x1a", b"\x1b"

_NAME = re.compile(r"[+*^][A-Z][A-Z0-9_]*")
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Expected:
    """What to expect after one command line; its last command decides, for only that takes data."""

    #: Whether there is an answer at all.
    answered: bool = True
    shape: Shape = PLAIN
    commands: tuple[Command, ...] = ()
    #: The line as it comes back.
    echo: str = ""
    #: The names in it, whose information is no URC, and those in read form, which come first.
    names: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    #: Whether there are several links when this is done; None where it does not say.
    links: bool | None = None

    def value(self, name: str) -> str | None:
        """What the line sets `name` to, None where it does not."""
        values = [c.arguments for c in self.commands if c.name == name and c.form is Form.SET]
        return values[-1] if values else None

    @property
    def reads_file(self) -> bool:
        """Whether the content of a file comes, with nothing before it that says how long it is."""
        return any(COMMANDS.get(command.name, PLAIN).reads_file for command in self.commands)

    def data(self, *, multi: bool) -> tuple[int, bytes]:
        """How many bytes the command takes after its prompt, and what ends them where none says.

        `multi`: AT+CIPMUX=1 holds.
        """
        if self.shape.typed:
            return _PACKET, CTRL_Z
        arguments = split_arguments(self.commands[-1].arguments)
        at = self.shape.size_at + (multi and self.shape.of_link)
        if at < len(arguments):
            return number(arguments[at].text) or 0, b""
        return (_PACKET, CTRL_Z) if self.shape.of_link else (0, b"")


@lru_cache(maxsize=128)
def expected_of(line: str) -> Expected:
    """What to expect after `line`, which goes to the module without its end."""
    # Bytes of another encoding go as they were typed, and so come back.
    echo = line.encode("utf-8", "surrogateescape").decode("latin-1").strip()
    names = frozenset(_NAME.findall(_QUOTED.sub("", line.upper())))
    try:
        commands = parse_line(line)
    except MalformedLine:
        return Expected(echo=echo, names=names)
    names |= {other for c in commands or () for other in COMMANDS.get(c.name, PLAIN).also}
    shape = COMMANDS.get(commands[-1].name, PLAIN) if commands else PLAIN
    if commands and commands[-1].form not in shape.forms:
        shape = PLAIN
    read = frozenset(command.name for command in commands or () if command.form is Form.READ)
    expected = Expected(commands is not None, shape, commands or (), echo, names, read)
    if (value := expected.value("+CIPMUX")) in ("0", "1"):
        return replace(expected, links=value == "1")
    return expected
