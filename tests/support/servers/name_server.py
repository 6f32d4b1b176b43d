"""A name server that a test leads, on the simulated network or on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dns.message import Message, QueryMessage, from_wire, make_response
from dns.rcode import Rcode
from dns.rrset import from_text

from support.servers.peers import Peer

if TYPE_CHECKING:
    from atwin.net.network import Stream

SILENCE = "silence"


@dataclass
class NameServer(Peer):
    """Answers by its `zone`: a name has an address, an alias, a code such as SERVFAIL, `SILENCE`.

    All others are NXDOMAIN. `before`: datagrams that it says in front of each answer.
    """

    kind: str = "udp"
    zone: dict[str, str] = field(default_factory=dict)
    before: tuple[bytes, ...] = ()
    #: Questions that it loses before it answers one.
    deaf: int = 0
    #: The names it was asked for, and bytes of the questions and answers.
    asked: list[str] = field(default_factory=list)
    size_in: int = 0
    size_out: int = 0

    async def serve(self, stream: Stream) -> None:
        while True:
            datagram = await stream.read(65535)
            question = from_wire(datagram)
            assert isinstance(question, QueryMessage)
            name = question.question[0].name.to_text(omit_final_dot=True)
            self.asked.append(name)
            self.size_in += len(datagram)
            if self.deaf:
                self.deaf -= 1
            elif self.zone.get(name) != SILENCE:
                answer = self._answer(question, name).to_wire()
                self.size_out += len(answer)
                for said in (*self.before, answer):
                    await stream.write(said)

    def _answer(self, question: QueryMessage, name: str) -> Message:
        answer = make_response(question)
        found = self.zone.get(name, "NXDOMAIN")
        if found.isupper():
            answer.set_rcode(Rcode[found])
            return answer
        while found[-1].isalpha():
            answer.answer.append(from_text(f"{name}.", 60, "IN", "CNAME", f"{found}."))
            name, found = found, self.zone[found]
        answer.answer.append(from_text(f"{name}.", 60, "IN", "A", found))
        return answer
