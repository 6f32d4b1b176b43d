"""JSON, TOML and numbers that others wrote: whatever it is, it is read or refused in one line.

`int` takes more than any protocol here: signs, blanks, underscores, digits of all scripts; and it
raises for more than 4300 digits. `decimal` and `hexadecimal` take ASCII digits only, and as many
as a size has.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

#: Deeper than this no document of ours is; Python's own parsers give up somewhere above it.
_DEEP = "it is nested too deeply"
_LONG_NUMBER = "a number in it is too long"

_DECIMAL = re.compile(rb"[0-9]{1,19}")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")


def parse_json(text: str | bytes) -> Any:
    """The value. Raises `ValueError` with a reason for a person, for NaN and Infinity as well."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(_DEEP) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} in line {error.lineno}") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except ValueError as error:
        raise ValueError(_reason(error)) from None


def parse_toml(data: bytes) -> dict[str, Any]:
    """The table of a UTF-8 document. Raises `ValueError` with a reason for a person."""
    import tomllib  # most commands need none

    try:
        return tomllib.loads(data.decode("utf-8"))
    except RecursionError:
        raise ValueError(_DEEP) from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except ValueError as error:
        raise ValueError(_reason(error)) from None


def decimal(text: bytes | str) -> int | None:
    """The number written as 1-19 decimal digits; None for all else."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return int(data) if _DECIMAL.fullmatch(data) else None


def hexadecimal(text: bytes) -> int | None:
    """The number written as 1-16 hexadecimal digits; None for all else."""
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _reason(error: ValueError) -> str:
    """Python says of a number of 5,000 digits what a programmer could set to allow it."""
    return _LONG_NUMBER if "digits" in str(error) else str(error)
