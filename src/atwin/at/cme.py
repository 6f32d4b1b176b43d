"""The `+CME ERROR` and `+CMS ERROR` numbers and their texts (docs/spec/uart.md §9, sms.md §7)."""

from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from atwin.at.lenient import number


class Cme(IntEnum):
    """The numbers this package has a use for; the whole table is `cme_text`."""

    NOT_ALLOWED = 3
    NOT_SUPPORTED = 4
    SIM_NOT_INSERTED = 10
    SIM_PIN_REQUIRED = 11
    SIM_PUK_REQUIRED = 12
    SIM_FAILURE = 13
    SIM_BUSY = 14
    WRONG_PASSWORD = 16
    MEMORY_FULL = 20
    NETWORK_NOT_ALLOWED = 32
    PARAMETERS_INCORRECT = 50
    PARAMETERS_INVALID = 53
    UNKNOWN = 100
    OTHER_ERROR = 65535


class Cms(IntEnum):
    """The same of `cms_text`."""

    NOT_ALLOWED = 302
    NOT_SUPPORTED = 303
    SIM_NOT_INSERTED = 310
    PIN_REQUIRED = 311
    PUK_REQUIRED = 316
    BAD_INDEX = 321
    NO_SERVICE = 331
    NO_ACKNOWLEDGEMENT_EXPECTED = 340
    UNKNOWN = 500


class Wording(NamedTuple):
    """How a model words its errors: its AT engine's texts or the vendor's table.

    `cms_always`: SMS errors are words even where the host asked for numbers.
    """

    engine: bool = False
    cms_always: bool = False


@cache
def _table(name: str) -> dict[int, str]:
    texts: dict[int, str] = {}
    for row in Path(__file__).with_name(f"{name}.tsv").read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            code, text, line = (row + "\t\t").split("\t")[:3]
            if line != "cat4":  # those are another product line's meanings
                texts[int(code)] = text
    return texts


def cme_text(number: int, *, engine: bool = False) -> str:
    """The vendor's wording, spelling kept; the bare number where the table has no text."""
    own = _table("cme_engine").get(number) if engine else None
    return own or _table("cme").get(number) or str(number)


def cms_text(number: int) -> str:
    """The same of the SMS errors."""
    return _table("cms").get(number) or str(number)


@cache
def _numbers(kind: str) -> dict[str, int]:
    names = ("cms",) if kind == "CMS" else ("cme_engine", "cme")
    rows = [row for name in names for row in _table(name).items()]
    return {text.lower(): number for number, text in reversed(rows)}


def code_of(what: str, kind: str = "CME") -> int | None:
    """The number that an error line gives, as a number or in words; None for other words."""
    code = number(what)
    return _numbers(kind).get(what.lower()) if code is None else code
