"""JSON and TOML that others wrote: whatever it is, it is read or refused in one line."""

from __future__ import annotations

import json
from typing import Any, NoReturn

#: Deeper than this no document of ours is; Python's own parsers give up somewhere above it.
_DEEP = "it is nested too deeply"
_LONG_NUMBER = "a number in it is too long"


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


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _reason(error: ValueError) -> str:
    """Python says of a number of 5,000 digits what a programmer could set to allow it."""
    return _LONG_NUMBER if "digits" in str(error) else str(error)
