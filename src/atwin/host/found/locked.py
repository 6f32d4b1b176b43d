"""A SIM that asks for its PIN: entered with care, for three wrong ones block the card."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from atwin.at.cme import Cme
from atwin.at.lenient import lenient
from atwin.host.channel.quoted import quoted
from atwin.host.errors import NoAnswerError, UsageError, WantsPersonError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.channel.script import Script

#: Seconds AT+CPIN may take (docs/spec/network.md §1).
SIM_TIMEOUT = 180.0

_PIN = re.compile(r"[0-9]{4,8}")
#: VERIFY without a PIN, which costs no try: the card says how many are left
#: (ETSI TS 102 221 §11.1.9).
_ASK_TRIES = 'AT+CSIM=10,"0020000100"'
_TRIES = lenient(r'\+CSIM: \d+, "?63C([0-9])"?')


class Lock:
    """The PIN of one run. Once a card has not taken it, it is not entered any more."""

    def __init__(self, pin: str, note: Callable[[str], None], *, last_try: bool = False) -> None:
        """`last_try`: enter it also where a wrong one would block the card. Raises `UsageError`."""
        if not _PIN.fullmatch(pin):
            raise UsageError("the PIN of a SIM has 4 to 8 digits, and this one has not")
        self._pin = pin
        self._note = note
        self._last_try = last_try
        self._spent = False

    async def open(self, script: Script) -> bool:
        """Enter the PIN; False if the card is busy. Raises `WantsPersonError`, `NoAnswerError`."""
        left = await self._tries(script)
        if self._spent:
            raise script.failure(
                WantsPersonError,
                "nothing that says it is right",
                f"the PIN was entered before, and is entered once{_told(left)}: check it",
            )
        if left == 1 and not self._last_try:
            raise script.failure(
                WantsPersonError,
                "1 try left",
                "a wrong PIN would block the SIM now, so it was not entered: if it is right for"
                " sure, say --pin-last-try",
            )
        self._spent = True
        reply = await script.ask(
            f"AT+CPIN={quoted(self._pin, '', 'the PIN')}",
            deadline=SIM_TIMEOUT,
            shown="AT+CPIN with the PIN",
        )
        self._spent = not reply.ok and reply.final.code != Cme.SIM_BUSY
        if self._spent:
            refused = script.refused(reply, None, WantsPersonError)
            if left == 1:
                raise refused.reword(
                    advice="the SIM does not take the PIN, and that was the last try: it needs its"
                    " PUK now, enter it with a new PIN (AT+CPIN in atwin console)"
                )
            left = await self._tries(script)
            raise refused.reword(advice=f"the SIM does not take the PIN{_told(left)}: check --pin")
        if reply.ok:
            self._note("the SIM asked for its PIN: entered (--pin)")
        return reply.ok

    async def _tries(self, script: Script) -> int | None:
        """How many are left; None where card or module does not tell."""
        try:
            match = (await script.ask(_ASK_TRIES)).match(_TRIES)
        except NoAnswerError:
            return None
        return int(match[1]) if match else None


def _told(left: int | None) -> str:
    if left is None:
        return ""
    return f" ({left} {'try is' if left == 1 else 'tries are'} left)"
