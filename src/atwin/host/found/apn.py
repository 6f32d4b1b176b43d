"""An access point of one's own, told to a module in each of its ways (docs/spec/general.md §6).

The default context is that of the attachment: AT+CGDCONT and AT+CGAUTH. The bearer of HTTP has
parameters of its own, AT+SAPBR, and what it is told there wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.lenient import lenient
from atwin.host.channel.quoted import quoted
from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel.script import Script

#: The ways to say who one is, and their numbers in AT+CGAUTH.
WAYS = {"pap": 1, "chap": 2}

_CONTEXT = lenient(r'\+CGDCONT: (\d+), "?\w+"?, "?[^",]*"?, "?([^",]*)"?.*')
_NO_ADDRESS = ("", "0.0.0.0")


class Apn:
    """APN, user and password, ready for commands; all empty for what the network gives."""

    def __init__(
        self,
        name: str = "",
        user: str = "",
        password: str = "",
        way: str = "pap",
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Raises `UsageError` for what cannot go into a command."""
        if way not in WAYS:
            raise UsageError(f"{way!r}: the user of an APN is sent by {' or '.join(WAYS)}")
        self.name = name
        #: For the bearer: tags and values. Those without a meaning of their own are only usual.
        self.parameters = [("APN", quoted(name, "APN", "the APN"))]
        self._user = quoted(user, "USER", "the user of the APN")
        self._password = quoted(password, "PWD", "the password of the APN")
        if user:
            self.parameters.append(("USER", self._user))
        if password:
            self.parameters.append(("PWD", self._password))
        self._way = WAYS[way] if user or password else 0
        self.note = note
        self._took: dict[str, None] = {}
        self._noted = False

    async def define(self, script: Script) -> None:
        """Tell the default context of a module that has no PDP yet. Raises `NoAnswerError`.

        One that has is left as it is: somebody else may use that.
        """
        if not self.name:
            return
        reply = await script.ask("AT+CGDCONT?")
        match = reply.match(_CONTEXT) if reply.ok else None
        if match is not None and match[2] not in _NO_ADDRESS:
            return
        cid = match[1] if match else "1"
        if (await script.ask(f'AT+CGDCONT={cid},"IP",{self.parameters[0][1]}')).ok:
            self.took("AT+CGDCONT")
        if self._way:
            command = f"AT+CGAUTH={cid},{self._way},{self._user},{self._password}"
            if (await script.ask(command)).ok:
                self.took("AT+CGAUTH")

    async def has_pdp(self, script: Script) -> bool:
        """Whether the default context has an address. Raises `NoAnswerError`."""
        match = (await script.ask("AT+CGDCONT?")).match(_CONTEXT)
        return match is not None and match[2] not in _NO_ADDRESS

    def took(self, command: str) -> None:
        """The module has taken it by that command."""
        self._took[command] = None

    @property
    def taken(self) -> bool:
        """Whether the module has taken it by any."""
        return bool(self._took)

    def works(self) -> None:
        """There is a PDP with it: tell a person, once."""
        if self.name and not self._noted:
            self._noted = True
            self.note(f"the APN {self.name}: set in the module by {', '.join(self._took)}")
