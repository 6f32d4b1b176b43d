"""Every form of every command, on every model, answers as docs/reference/commands.json says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from atwin.at.grammar import Form
from atwin.cli.reference import command_families
from atwin.models import MODELS, Profile, load_profile
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.at.command import Declaration
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

DOCS = Path(__file__).parents[2] / "docs"
_FORMS = {"execute": Form.EXECUTE, "read": Form.READ, "set": Form.SET, "test": Form.TEST}
_KNOWN = ("full", "answered")
_UNKNOWN = b"\r\nERROR\r\n"

#: What a module that was just switched on refuses with a plain ERROR, though it knows the command.
REFUSED = {
    "+CIFSR": "there is no scene",
    "+CIPCLOSE": "there is no link",
    "+FSDEL": "there is no such file",
    "+FSFLSIZE": "there is no such file",
    "+FSLS": "there is no such directory",
    "+FSREAD": "there is no such file",
    "+FSRMDIR": "there is no such directory",
    "+FSWRITE": "there is no such file",
    "+FTPQUIT": "there is no session",
    "+HTTPGETTOFS": "there is no URL",
    "+SSLCFG": "the tag is none",
    "+VTS": "there is no call",
    "D": "there is no number",
}
#: Said to the last byte without an answer.
_SILENT = ("AT+CPOWD=0",)


class Asked(NamedTuple):
    """What is typed, and whether the page says that this model knows it."""

    name: str
    line: str
    known: bool


def asked(profile: Profile) -> Iterator[Asked]:
    """Every form on the page, the bare form of a set command, and the test form of every name."""
    declared = {
        (declaration.name, form): declaration
        for family in command_families()
        for declaration in family.declarations
        for form in declaration.forms
    }
    page = {
        (entry["command"], _FORMS[entry["form"]]): entry["levels"][profile.key] in _KNOWN
        for entry in json.loads((DOCS / "reference/commands.json").read_text("utf-8"))
    }
    for name, form in declared.keys() - page.keys():
        page[name, form] = page[name, Form.SET]
    for name in {name for name, _ in page if name[0] in "+^*$"}:
        known = any(page.get((name, form)) for form in Form)
        page.setdefault((name, Form.TEST), known)
    for (name, form), known in sorted(page.items(), key=str):
        yield Asked(name, typed(name, form, declared.get((name, form)), profile), known)


def typed(name: str, form: Form, declaration: Declaration | None, profile: Profile) -> str:
    """The form with the first value that each parameter takes."""
    if form is not Form.SET:
        return f"AT{name}{form.value}"
    sign = "" if name.lstrip("&").isalpha() else "="
    if declaration is None:
        return f"AT{name}{sign}1"
    needed = [p.kind.on(profile).shown() for p in declaration.parameters if p.required]
    return f"AT{name}{sign}" + ",".join(_first(shown) for shown in needed)


def _first(shown: str) -> str:
    found = re.match(r'\((\d+|"[^"]*")', shown)
    return found[1] if found else '"1"'


def answers(model: str, lines: list[str]) -> list[bytes]:
    """What a fresh module says to each of them."""

    async def run(twin: Twin, terminal: Terminal) -> list[bytes]:
        said = []
        for line in lines:
            terminal.type(f"{line}\r".encode())
            said.append(await terminal.quiet(60))
        return said

    return on_twin(run, model)


def test_the_forms_are_many() -> None:
    assert len(set(asked(load_profile("air780e-at")))) >= 420


@pytest.mark.parametrize("model", MODELS)
def test_a_form_is_known_where_the_page_says_so(model: str) -> None:
    wanted = list(asked(load_profile(model)))
    # A question changes nothing; all else gets a module of its own.
    questions = [each for each in wanted if each.line.endswith("?")]
    said = dict(zip(questions, answers(model, [q.line for q in questions]), strict=True))
    said |= {each: answers(model, [each.line])[0] for each in wanted if each not in said}
    wrong = [
        (each.line, answer)
        for each, answer in said.items()
        if not (each.known and each.name in REFUSED and answer == _UNKNOWN)
        and not (each.line in _SILENT and not answer)
        and (not answer or answer.startswith(_UNKNOWN) is each.known)
    ]
    assert wrong == []
