"""MQTT: settings and queries of a client that is offline (docs/spec/mqtt.md §1, §2).

There is no broker: what needs a connection is refused as the module refuses it while there is none.
"""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.grammar import Argument
from atwin.at.kinds import OneOf, Range, Tail, Text
from atwin.at.reply import AtError, CmeError
from atwin.twin.chapters.answered.row import Answered, Row
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.engine.run import Chapter, ChapterService, Run

#: CME numbers of a wrong parameter, and of a client in the wrong state.
_WRONG, _OFFLINE = 765, 767

#: Seconds after which a module without network counts as started (OQ-56).
_LONGEST_START = 30.0

_SWITCH, _QOS, _SHORT = OneOf(0, 1), Range(0, 2), 256
_TOPIC = Text("topic", _SHORT)
_SERVERS = '"(0,255).(0,255).(0,255).(0,255)",(1-65535)\n"DOMAIN NAME",(1-65535)'
#: The client is offline.
_REFUSED = ("", _OFFLINE)
_EMPTY = "\n".join(f"{slot},INVALID" for slot in range(4))


class MqttCommands(Answered):
    """MQTT: the settings are kept, and the client stays offline."""

    title = "MQTT"
    rows = (
        Row(
            "+MCONFIG",
            {name: Text(name, _SHORT) for name in ("clientid", "username", "password")}
            | {"will_qos": _QOS, "will_retain": _SWITCH}
            | {"will_topic": Text("will_topic", _SHORT), "will_message": Text("message", 1360)},
            "Who the client is, and its last will.",
            least=1,
            test="<clientid>[,<username>,<password>[,(0-2),(0,1),<will_topic>,<will_message>]]",
        ),
        Row("+MIPSTART", {}, "The servers there may be.", test=_SERVERS),
        Row("+SSLMIPSTART", {}, "The servers there may be.", test=_SERVERS),
        Row(
            "+MCONNECT",
            {"clean": _SWITCH, "keepalive": Range(1, 65535), "mode": _SWITCH},
            "Begin the session.",
            least=2,
            test="(0-1),(1-65535)",
            refused=_REFUSED,
        ),
        Row(
            "+MSUB",
            {"topic": _TOPIC, "qos": _QOS},
            "Subscribe.",
            test="<topic>,(0-2)",
            refused=_REFUSED,
        ),
        Row("+MUNSUB", {"topic": _TOPIC}, "End that.", test="<topic>", refused=_REFUSED),
        Row(
            "+MPUBEX",
            {"topic": _TOPIC, "qos": _QOS, "retain": _SWITCH, "len": Range(1, 4100)},
            "Publish data; without a session it asks for none.",
            least=3,
            test="<topic>,(0-2),(0-1),<len>",
            refused=_REFUSED,
        ),
        Row("+MDISCONNECT", {}, "End the session.", execute="", refused=_REFUSED),
        Row("+MIPCLOSE", {}, "End the connection.", execute="", refused=_REFUSED),
        Row("+MQTTMODE", {"mode": _SWITCH}, "Messages as text (0) or hex (1).", kept=(0,)),
        Row("+MQTTMSGSET", {"mode": _SWITCH}, "Show messages (0) or keep them (1).", kept=(0,)),
        Row("+MQTTMSGGET", {}, "The messages that were kept: none.", execute="", read=_EMPTY),
    )

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._client = run.find(MqttClient)

    def check(self, row: Row) -> None:
        self._client.require_stack()
        super().check(row)

    def refusal(self, number: int) -> AtError:
        """MQTT has a number of its own for a wrong parameter."""
        return CmeError(_WRONG)

    @command.set("+MPUB")
    def publish(
        self,
        topic: Annotated[str, _TOPIC],
        qos: Annotated[int, _QOS],
        retain: Annotated[int, _SWITCH],
        message: Annotated[Argument, Tail("message")],
    ) -> None:
        """Publish a message, in quotes: refused, as the client is offline."""
        self._client.require_stack()
        raise CmeError(_OFFLINE) if message.quoted else AtError

    @command.test("+MPUB")
    def to_publish(self) -> str:
        """What there is to say."""
        return "+MPUB: <topic>,(0-2),(0-1),<message>"

    @command.execute("+MQTTSTATU")
    def state(self) -> str:
        """The state of the client: 0, offline."""
        self._client.require_stack()
        return "+MQTTSTATU :0"


class MqttClient(ChapterService):
    """The client; after a start the stack under it is ready when the network is found."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._starts_until = 0.0

    @classmethod
    def power_up(cls, run: Run, *, warm: bool) -> None:
        if not warm:
            run.find(cls)._starts_until = run.hardware.clock.now() + _LONGEST_START

    def require_stack(self) -> None:
        """Raises `CmeError` while the module still looks for its first network."""
        if self._starts_until and self.run.find(Radio).registered:
            self._starts_until = 0.0
        if self.run.hardware.clock.now() < self._starts_until:
            raise CmeError(Cme.NOT_SUPPORTED)


CHAPTER = Chapter((MqttCommands,), MqttClient)
