"""The SIM card, a part one can pull out, and the numbers of both (docs/spec/network.md §1, §2)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from atwin.twin.board.nvram import Nvram, Record

_TAC = "86461005"  # the type allocation code the documents' examples begin with
#: Wrong PINs in a row after which the card needs its PUK, and wrong PUKs after which it is dead.
PIN_TRIES, PUK_TRIES = 3, 10
#: A PIN, and what a card has that is given none.
PIN, _USUAL_PIN, _USUAL_PUK = re.compile(r"[0-9]{4,8}"), "1234", "12345678"

#: The ways to say who one is, by their numbers in AT+CGAUTH.
WAYS = ("none", "pap", "chap")
_NO_AUTH = 0

_TEXT = re.compile(r"[\x20\x21\x23-\x7e]{1,64}"), "1 to 64 characters, and no quote among them"
#: What may be said of a card: how it looks, and what that is for a person.
_VALUES = {
    "pin": (PIN, "4 to 8 digits"),
    "puk": (re.compile(r"[0-9]{8}"), "8 digits"),
    "apn": (re.compile(r"[\x21\x23-\x7e]{1,100}"), "1 to 100 characters, no blank, no quote"),
    "apn_user": _TEXT,
    "apn_password": _TEXT,
    "apn_auth": (re.compile("|".join(WAYS)), f"one of {', '.join(WAYS)}"),
}
CARD_VALUES = tuple(_VALUES)
#: How each of them looks, as a regular expression.
CARD_FORMS = {name: pattern.pattern for name, (pattern, _) in _VALUES.items()}


@dataclass(frozen=True, slots=True)
class Access:
    """What a PDP is asked for with. `auth` is one of `WAYS`, None where nothing says which."""

    apn: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    auth: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A SIM as its operator issues it. It asks for its PIN where it is given one.

    With an `apn` it is private: the network gives a PDP with that APN alone, and with that user,
    password and way of authentication, as far as they are given.
    """

    pin: str | None = field(default=None, repr=False)
    puk: str | None = field(default=None, repr=False)
    apn: str | None = None
    apn_user: str | None = None
    apn_password: str | None = field(default=None, repr=False)
    apn_auth: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """A card with those values. Raises `ValueError`, whose text shows none of them."""
        for name, value in values.items():
            if name not in _VALUES:
                raise ValueError(f"{shown(name, limit=40)}: a card has {', '.join(_VALUES)}")
            pattern, meaning = _VALUES[name]
            if not isinstance(value, str) or not pattern.fullmatch(value):
                raise ValueError(f"{name} takes {meaning}")
        card = cls(**values)
        if card.apn is None and any(name.startswith("apn_") for name in values):
            raise ValueError(
                "a card with a user, password or way of an apn has the apn too: give it"
            )
        return card

    def takes(self, asked: Access) -> bool:
        """Whether its operator gives a PDP for that; the letter case of an APN means nothing."""
        if self.apn is None:
            return True
        says_who = asked.auth != _NO_AUTH
        return (
            asked.apn.lower() == self.apn.lower()
            and self.apn_user in (None, asked.user if says_who else "")
            and self.apn_password in (None, asked.password if says_who else "")
            and (None in (self.apn_auth, asked.auth) or self.apn_auth == WAYS[asked.auth or 0])
        )

    def as_record(self) -> Record:
        """What it was made of."""
        return {name: value for name in _VALUES if (value := getattr(self, name)) is not None}


#: What a card that was kept may say of itself; any other value comes from a damaged record.
_SOUND: dict[str, Callable[[Any], object]] = {
    "pin": PIN.fullmatch,
    "asks": lambda asks: True,
    "tries_left": range(PIN_TRIES + 1).__contains__,
    "puk_tries_left": range(PUK_TRIES + 1).__contains__,
}


@dataclass(slots=True)
class Sim:
    """What the card itself keeps: it survives whatever happens to the module."""

    card: Card = Card()
    present: bool = True
    #: The PIN in force, and whether it is asked for at each start (AT+CLCK).
    pin: str = field(default=_USUAL_PIN, repr=False)
    asks: bool = False
    tries_left: int = PIN_TRIES
    puk_tries_left: int = PUK_TRIES
    #: Called with all it keeps, when that has changed.
    keep: Callable[[Record], None] = field(default=lambda record: None, repr=False)

    @classmethod
    def issued(cls, card: Card) -> Self:
        """A new one."""
        return cls(card, pin=card.pin or _USUAL_PIN, asks=card.pin is not None)

    @classmethod
    def restored(cls, record: Record, card: Card | None = None) -> Self:
        """The one that was kept, or a new one if `card` is another than that was issued as."""
        try:
            kept = Card.of(record.get("card", {}))
        except (ValueError, AttributeError):  # a damaged record
            kept = Card()
        sim = cls.issued(kept if card is None else card)
        if sim.card == kept:
            for name, sound in _SOUND.items():
                value = record.get(name)
                if type(value) is type(getattr(sim, name)) and sound(value):
                    setattr(sim, name, value)
        return sim

    @property
    def blocked(self) -> bool:
        """Whether only the PUK helps."""
        return self.tries_left == 0

    @property
    def dead(self) -> bool:
        """Whether nothing helps."""
        return self.puk_tries_left == 0

    def verify(self, pin: str) -> bool:
        """Try a PIN; a wrong one costs a try."""
        if self.blocked:
            return False
        right = pin == self.pin
        self.tries_left = PIN_TRIES if right else self.tries_left - 1
        self.store()
        return right

    def unblock(self, puk: str, pin: str) -> bool:
        """Set a new PIN by the PUK; a wrong one costs one of its tries."""
        if self.dead:
            return False
        right = puk == (self.card.puk or _USUAL_PUK)
        if right:
            self.pin, self.tries_left, self.puk_tries_left = pin, PIN_TRIES, PUK_TRIES
        else:
            self.puk_tries_left -= 1
        self.store()
        return right

    def lock(self, asks: bool) -> None:
        """Ask for the PIN at each start from now on, or do not."""
        self.asks = asks
        self.store()

    def change(self, pin: str) -> None:
        """Take another PIN."""
        self.pin = pin
        self.store()

    def store(self) -> None:
        """Keep all of it."""
        kept = {name: getattr(self, name) for name in _SOUND}
        self.keep({"card": self.card.as_record(), **kept})


_CHOICE = "sim"


@dataclass(slots=True)
class SimChoice:
    """What the module keeps about its cards: AT+SIMCROSS, AT*SIMAUTO, AT+ECSIMCFG."""

    slot: int = 0
    auto: int = 0
    soft: int = 0

    @classmethod
    def boot(cls, nvram: Nvram) -> Self:
        """What was chosen last, or the factory's."""
        return nvram.restore(_CHOICE, cls(), {"slot": range(2), "auto": range(3), "soft": range(2)})

    def choose(self, nvram: Nvram, **chosen: int) -> None:
        """Choose, and keep it."""
        for name, value in chosen.items():
            setattr(self, name, value)
        nvram.store(_CHOICE, asdict(self))


@dataclass(frozen=True, slots=True)
class Identity:
    """Digits only; the last of IMEI and ICCID is a Luhn check digit."""

    imei: str
    imsi: str
    iccid: str

    @classmethod
    def from_seed(cls, seed: int) -> Identity:
        """The same seed gives the same module, another seed another one."""
        serial = seed % 1_000_000
        return cls(
            imei=_with_check_digit(f"{_TAC}{serial:06d}"),
            imsi=f"46004{seed % 10_000_000_000:010d}",
            iccid=_with_check_digit(f"898604{seed % 1_000_000_000_000:013d}"),
        )


def _with_check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)
