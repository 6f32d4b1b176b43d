"""What AT+HTTPINIT begins with: defaults, or what AT+HTTPSCONT of another program has saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.host.channel.quoted import quoted
from atwin.host.channel.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel.channel import Channel

#: The value of a tag that means nothing (docs/spec/http.md §3.3).
NEUTRAL: dict[str, int | str] = {
    "UA": "AM_MODULE",
    "PROIP": "0.0.0.0",
    "PROPORT": 0,
    "BREAK": 0,
    "BREAKEND": 0,
    "CONTENT": "",
    "USERDATA": "",
}


class Context:
    """Asks once a boot, and makes each later session begin as if nothing were saved."""

    def __init__(self, channel: Channel, note: Callable[[str], None]) -> None:
        self._channel = channel
        self._note = note
        self._script = Script("http", channel)
        self._asked_in: int | None = None
        self._commands: list[str] = []

    async def clear(self) -> None:
        """Right after AT+HTTPINIT. Raises `NoAnswerError`, `CommandRefusedError`."""
        if self._asked_in != self._channel.restarts:
            asked_in = self._channel.restarts
            reply = await self._script.ask("AT+HTTPPARA?")
            tags = _not_neutral(reply.lines) if reply.ok else []
            self._commands = [_set_neutral(tag) for tag in tags]
            self._asked_in = asked_in
            if tags:
                self._note(
                    f"the module: HTTP parameters were saved in it ({', '.join(tags)};"
                    " AT+HTTPSCONT): not used"
                )
        for command in self._commands:
            await self._script.step(command)


def _set_neutral(tag: str) -> str:
    value = NEUTRAL[tag]
    shown = value if isinstance(value, int) else quoted(value, tag)
    return f"AT+HTTPPARA={quoted(tag)},{shown}"


def _not_neutral(lines: tuple[str, ...]) -> list[str]:
    """The tags whose value in the answer of AT+HTTPPARA? means something."""
    found = []
    for line in lines:
        tag, colon, value = line.removeprefix("+HTTPPARA:").strip().partition(":")
        tag, value = tag.strip().strip('"').upper(), value.strip().strip('"')
        # Empty is what a firmware shows that has no such value.
        if colon and tag in NEUTRAL and value and value != str(NEUTRAL[tag]):
            found.append(tag)
    return found
