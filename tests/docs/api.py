"""Writes docs/reference/api.md from the docstrings: `python -m tests.docs.api FILE`."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atwin
import atwin.faults
import atwin.session.serving
import atwin.testing

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFACE = """\
# Promised names

<!-- Written by `make reference` from the docstrings; do not edit. -->

A name is promised when `atwin`, `atwin.testing` or `atwin.faults` lists it in `__all__`; this page
has all of them. All other names are private: they may move or change in any release. A promised
name that is to go works one release longer, with a `DeprecationWarning` that names the new place.
A parameter whose type is not on this page is private too. `import atwin.plugs`,
`python -m atwin.plugs` and `python -m atwin.testing` are promised as well.
[library.md](../howto/library.md) shows how the names work together.

Times are in seconds, sizes in bytes, rates in bit/s, unless a text says otherwise.
"""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def page() -> str:
    """All of it."""
    return "\n".join([PREFACE, *(line for module in MODULES for line in _module(module))]) + "\n"


MODULES = (atwin, atwin.testing, atwin.faults)


def _module(module: Any) -> Iterator[str]:
    yield f"## {module.__name__}\n"
    for name in module.__all__:
        # (`atwin.twin` is a package as well.)
        value = atwin.session.serving.twin if name == "twin" else getattr(module, name)
        yield from _entry(name, value)


def _entry(name: str, value: Any) -> Iterator[str]:
    yield f"### {name}\n"
    if inspect.isclass(value):
        yield from _class(name, value)
    elif inspect.isfunction(value):
        node = _parsed(value)
        assert isinstance(node, Function)
        yield _code(_head(name, node))
        yield _text(value)
    elif isinstance(value, dict):
        yield "One of each: " + ", ".join(f"`{key}`" for key in value) + ".\n"
    else:
        parts = getattr(value, "__args__", ())
        yield f"One of {', '.join(f'`{part.__name__}`' for part in parts)}.\n"


def _class(name: str, value: type) -> Iterator[str]:
    node = _parsed(value)
    assert isinstance(node, ast.ClassDef)
    bases = [base.__name__ for base in value.__bases__ if base.__name__ in atwin.__all__]
    if issubclass(value, BaseException):
        yield f"Error{', a ' + bases[0] if bases else ''}.\n"
    functions = [part for part in node.body if isinstance(part, Function)]
    functions += [
        _blocking(_parsed(each))
        for name, each in vars(value).items()
        if hasattr(each, "__wrapped__") and not name.startswith("_")
    ]
    made = next((part for part in functions if part.name == "__init__"), None)
    if made is not None and not issubclass(value, BaseException):
        yield _code(_head(name, made, skip=1, returns=False))
    yield _text(value)
    if made is not None and (text := ast.get_docstring(made)):
        yield f"{text}\n"
    if issubclass(value, Enum):
        yield "One of " + ", ".join(f"`{name}.{each.name}`" for each in value) + ".\n"
        return
    members = [*_fields(value, node), *_methods(value, functions)]
    if members:
        yield "\n".join(members) + "\n"


def _fields(value: type, node: ast.ClassDef) -> Iterator[str]:
    """What a record has, with the comments `#:` above."""
    lines = inspect.getsource(value).splitlines()
    for part in node.body:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        if part.target.id.startswith("_"):
            continue
        told: list[str] = []
        above = part.lineno - 2
        while lines[above].strip().startswith("#:"):
            told.insert(0, lines[above].strip().removeprefix("#:").strip())
            above -= 1
        text = f"- `{ast.unparse(part)}`"
        yield f"{text}: {' '.join(told)}" if told else text


def _methods(value: type, functions: list[Function]) -> Iterator[str]:
    for node in functions:
        if node.name.startswith("_"):
            continue
        marks = {ast.unparse(mark) for mark in node.decorator_list}
        if any(mark.endswith(".setter") for mark in marks):
            continue
        if "property" in marks:
            told = ast.unparse(node.returns) if node.returns else ""
            head = f"{node.name}: {told}"
        else:
            head = _head(node.name, node, skip=0 if "staticmethod" in marks else 1)
        text = inspect.getdoc(getattr(value, node.name)) or ""
        text = textwrap.indent(text, "    ").lstrip()  # four, for any Markdown
        end = "\n" if "\n\n" in text else ""  # else the next one is part of this, for some Markdown
        yield f"- `{head}`" + (f": {text}" if text else "") + end


def _blocking(node: ast.stmt) -> Function:
    """A method of `Modem` as `SyncModem` has it."""
    assert isinstance(node, Function)
    return ast.FunctionDef(
        node.name, node.args, node.body, [], node.returns, lineno=1, col_offset=0
    )


def _head(name: str, node: Function, *, skip: int = 0, returns: bool = True) -> str:
    arguments = ast.unparse(node.args)
    if skip:
        arguments = re.sub(r"^(self|cls)(, |$)", "", arguments)
    before = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    after = f" -> {ast.unparse(node.returns)}" if returns and node.returns else ""
    return f"{before}{name}({arguments}){after}"


def _parsed(value: Any) -> ast.stmt:
    while hasattr(value, "__wrapped__"):
        value = value.__wrapped__
    tree = ast.parse(textwrap.dedent(inspect.getsource(value)))
    scope = vars(sys.modules[value.__module__])
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            node.defaults = [_shown(each, scope) for each in node.defaults]
            node.kw_defaults = [each and _shown(each, scope) for each in node.kw_defaults]
    return tree.body[0]


def _shown(default: ast.expr, scope: dict[str, Any]) -> ast.expr:
    """A default that is a constant of its module, by its value."""
    value = scope.get(default.id) if isinstance(default, ast.Name) else None
    return ast.Constant(value) if isinstance(value, int | float | str) else default


def _code(text: str) -> str:
    lines = textwrap.wrap(
        text, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(["```", *lines, "```\n"])


def _text(value: Any) -> str:
    return f"{inspect.getdoc(value) or ''}\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
