"""The `+CME ERROR` numbers and their verbose texts (docs/spec/uart.md §9)."""

from enum import IntEnum
from functools import cache
from importlib.resources import files

from atwin.at.lenient import number


class Cme(IntEnum):
    """The numbers this package has a use for; the whole table is `cme_text`."""

    NOT_ALLOWED = 3
    SIM_NOT_INSERTED = 10
    SIM_PIN_REQUIRED = 11
    SIM_PUK_REQUIRED = 12
    SIM_BUSY = 14
    WRONG_PASSWORD = 16
    MEMORY_FULL = 20
    NETWORK_NOT_ALLOWED = 32
    PARAMETERS_INVALID = 53
    UNKNOWN = 100
    OTHER_ERROR = 65535


@cache
def _table() -> dict[int, str]:
    texts: dict[int, str] = {}
    for row in files(__package__).joinpath("cme.tsv").read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            code, text, line = (row + "\t\t").split("\t")[:3]
            if line != "cat4":  # those are another product line's meanings
                texts[int(code)] = text
    return texts


def cme_text(number: int) -> str:
    """The vendor's wording, spelling kept; the bare number where the table has no text."""
    return _table().get(number) or str(number)


def code_of(what: str) -> int | None:
    """The number that an error line gives, as a number or in words; None for other words."""
    code = number(what)
    said = (int(known) for known in Cme if cme_text(known).lower() == what.lower())
    return next(said, None) if code is None else code
