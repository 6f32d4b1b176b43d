"""A public method says what it does, unless it is an override: then its interface has said it."""

from __future__ import annotations

import ast
import asyncio
import logging
from pathlib import Path

from prompt_toolkit.completion import Completer

SOURCE = Path(__file__).parents[1] / "src" / "atwin"

#: Classes of others that classes of ours are laid on.
OUTSIDE = (asyncio.Protocol, asyncio.DatagramProtocol, logging.Formatter, Completer)


def functions(owner: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [each for each in owner.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_public_method_is_told() -> None:
    places = [
        (path.relative_to(SOURCE), node)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    bases = {ast.unparse(base).split("[")[0] for _, node in places for base in node.bases}
    # What others are written against: protocols, and classes that others stand on.
    told = {
        method.name
        for _, node in places
        if node.name in bases or "Protocol" in map(ast.unparse, node.bases)
        for method in functions(node)
        if ast.get_docstring(method)
    }
    told |= {name for outside in OUTSIDE for name in dir(outside)}
    silent = [
        f"{path}: {node.name}.{method.name}"
        for path, node in places
        if not node.name.startswith("_")
        for method in functions(node)
        if not method.name.startswith("_")
        and not ast.get_docstring(method)
        and method.name not in told
        and not any("setter" in ast.unparse(each) for each in method.decorator_list)
    ]
    assert not silent, "\n".join(["no docstring:", *silent])
