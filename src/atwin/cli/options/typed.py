"""What is wrong with a word of the command line, in one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import typer


def sentence(error: typer.TyperException) -> str:
    """What `error` says, without the words of the library that read the command line."""
    if not isinstance(error, typer.BadParameter) or not error.message:
        return error.format_message().rstrip(".")
    param = error.param
    name = ""
    if param is not None:
        is_option = param.param_type_name == "option"
        name = max(param.opts, key=len) if is_option else param.metavar or ""
    problem = _first_problem(error.__cause__)
    text = error.message.rstrip(".") if problem is None else _plain(problem)
    return f"{name} {text}" if name and problem is not None else _named(name, text)


def _named(name: str | None, text: str) -> str:
    return text if not name or name in text else f"{name}: {text}"


def _first_problem(cause: BaseException | None) -> Mapping[str, object] | None:
    """What the library that makes values of words (pydantic) found first."""
    errors = getattr(cause, "errors", None)
    found = errors() if callable(errors) else ()
    return found[0] if found else None


def _plain(problem: Mapping[str, object]) -> str:
    given = problem.get("input")
    shown = given.value if isinstance(given, Enum) else given
    limits = problem.get("ctx")
    bounds = limits if isinstance(limits, Mapping) else {}
    match problem.get("type"):
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{str(shown)!r}: give a whole number"
        case "float_parsing" | "float_type" | "finite_number":
            return f"{str(shown)!r}: give a number"
        case "greater_than_equal":
            return f"{shown}: give {float(bounds['ge']):g} or more"
        case "less_than_equal":
            return f"{shown}: give {float(bounds['le']):g} or less"
        case _:
            text = str(problem.get("msg", "")).removeprefix("Value error, ").rstrip(".")
            given_too, is_none, choices = text.partition(" is not one of ")
            return f"{given_too}: give one of {choices}" if is_none else text
