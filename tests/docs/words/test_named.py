"""What text names is there: each name has one spelling in help, messages, pages and code."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from atwin.cli.ending import EXIT_CODES
from atwin.faults import PlanError, fault_from_table
from atwin.models import load_profile
from docs.words import known
from docs.words.pages import ROOT, pages, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9]")
#: A command line, up to what a shell takes for the end of it, or to the end of `code`.
COMMAND_LINE = re.compile(r"(?<![\w./-])atwin ((?:\\\n|[^\n`|;&#'\"]|'[^'\n]*'|\"[^\"\n]*\")*)")
EXIT_CODE = re.compile(r"(?:\bexit codes?|退出码(?: ?为)?) (\d+)\b")
AT_COMMAND = re.compile(r"\bAT([+*^][A-Z][A-Z0-9]*|&[A-Z])")
#: Names of nothing, each in a text that says so, and those that a page makes up.
NO_FAULT = "flood"
NO_COMMANDS = {
    *("+CBATCHK", "+CIICRR", "+CMQTT", "+DEAF", "+FS", "+LIST"),
    *("+MYID", "+NAME", "+NOSUCH", "+QCCID", "+QCFG", "+X"),
}
PAIRS = re.compile(r"(?:twin://[\w@./-]+\?|--set )(\w[^\s`'\"|)]*)")
FAULT = re.compile(r"\{\"kind\": \"\w+\"[^{}]*\}|\bfault\((\"\w+\"[^()\n]*)\)")


def unknown_options(line: str) -> list[str]:
    return [name for name in OPTION.findall(line) if not known.is_option(name, line)]


def unknown_words(text: str) -> list[str]:
    """Options in command lines of `atwin` that this command does not take."""
    found = []
    for command_line in COMMAND_LINE.findall(text):
        words = command_line.replace("\\\n", " ").split()
        name = next((n for n in (" ".join(words[:2]), *words[:1]) if n in known.options()), None)
        if name is not None:
            # `--run "get …"` holds another command line.
            bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", " ".join(words))
            taken = known.options()[name]
            found += [f"{name} {word}" for word in OPTION.findall(bare) if word not in taken]
    return found


def unknown_exit_codes(line: str) -> list[str]:
    return [code for code in EXIT_CODE.findall(line) if int(code) not in known.exit_codes()]


def unknown_at_commands(line: str) -> list[str]:
    return [
        name
        for name in AT_COMMAND.findall(line)
        if name not in known.at_commands() and name not in NO_COMMANDS
    ]


def unknown_values(line: str) -> list[str]:
    """`name=value` in URLs of a twin, and after `--set`."""
    found = [pair for pairs in PAIRS.findall(line) for pair in pairs.split("&") if "=" in pair]
    return [pair for pair in found if pair.islower() and not known.is_value_of_a_twin(pair)]


def unknown_variables(line: str) -> list[str]:
    found = re.findall(r"(?<![\w$])ATWIN_[A-Z_]+", line)
    return [name for name in found if name not in known.variables() and "_TEST_" not in name]


def unknown_faults(text: str) -> list[str]:
    return [error for table in fault_tables(text) if (error := refused(table))]


def fault_tables(text: str) -> Iterator[dict[str, object]]:
    """Faults as pages write them: in JSON, as a call of Python, in TOML."""
    for match in FAULT.finditer(text):
        if match[1] is None:
            yield json.loads(match[0])
        else:
            call = ast.parse(f"f({match[1]})", mode="eval").body
            assert isinstance(call, ast.Call)
            kind, *_ = map(ast.literal_eval, call.args)
            yield {"kind": kind} | {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        yield from tomllib.loads(block).get("fault", [])


def refused(table: dict[str, object]) -> str:
    if table["kind"] == NO_FAULT:
        return ""
    try:
        fault_from_table(table)
    except PlanError as error:
        return str(error)
    return ""


def unknown_extras(line: str) -> list[str]:
    found = re.findall(r"(?:\batwin|['\" ]\.)\[([a-z,]+)\]", line)
    return [name for names in found for name in names.split(",") if name not in known.extras()]


def unknown_pages(line: str) -> list[str]:
    found = re.findall(r"(?<![\w/.])docs/[\w/.-]+\.md\b", line)
    return [name for name in found if (ROOT / name).parent.exists() > (ROOT / name).exists()]


@dataclass(frozen=True)
class Check:
    """What finds wrong names in text; where it has one of `signs`; an example that is wrong."""

    find: Callable[[str], list[str]]
    signs: tuple[str, ...]
    wrong: str
    #: A text is looked at as a whole, not line by line.
    whole: bool = False
    #: The source has such names too, in help, messages and comments.
    source: bool = True

    def places(self) -> Iterator[tuple[str, str]]:
        """Name and text of each place that has one of `signs`."""
        texts = dict(pages())
        if self.source:
            texts |= {name: text for name, text in read("src").items() if name.endswith(".py")}
        for name, text in texts.items():
            if any(sign in text for sign in self.signs):
                yield from [(name, text)] if self.whole else self._lines(name, text)

    def _lines(self, name: str, text: str) -> Iterator[tuple[str, str]]:
        for number, line in enumerate(text.splitlines(), 1):
            if any(sign in line for sign in self.signs):
                yield f"{name}:{number}", line


CHECKS = [
    Check(unknown_options, ("--",), "Say `atwin get --fast`, or curl --max-time"),
    Check(unknown_words, ("atwin ",), "`atwin get --output F \\\n  --times 2`", whole=True),
    Check(unknown_exit_codes, ("exit code", "退出码"), "It ends with exit code 7."),
    Check(unknown_at_commands, ("AT+", "AT*", "AT^", "AT&"), "AT+HTTPPARAM", source=False),
    Check(unknown_values, ("twin://", "--set "), "--port 'twin://air724ug?baud=max&colour=1'"),
    Check(unknown_variables, ("ATWIN_",), "ATWIN_PORTS names it", source=False),
    Check(unknown_pages, ("docs/",), "docs/models.md has the rest."),
    Check(unknown_extras, ("[",), "pip install 'atwin[plugin]'"),
    Check(unknown_faults, ("kind",), '{"kind": "pdp_gone"}', whole=True, source=False),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.find.__name__)
def test_what_text_names_is_there(check: Check) -> None:
    assert check.find(check.wrong)
    assert {place: found for place, text in check.places() if (found := check.find(text))} == {}


@pytest.mark.parametrize(
    "wrong", ['atwin.fault("hang", at_acton=2)', '```toml\n[[fault]]\nkind = "pdp_gone"\n```']
)
def test_faults_are_found_in_every_form(wrong: str) -> None:
    assert unknown_faults(wrong)


def test_each_variable_of_the_program_is_on_a_page() -> None:
    text = "".join(text for name, text in pages().items() if name.startswith("docs/"))
    assert [name for name in sorted(known.variables()) if name not in text] == []


def test_each_extra_has_a_row_where_the_installation_is_explained() -> None:
    page = pages()["docs/howto/install.md"]
    rows = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert rows == known.extras() - {"dev", "prove"}


@pytest.mark.parametrize("page", ["exit-codes.md", "exit-codes.zh.md"])
def test_what_a_page_quotes_is_said(page: str) -> None:
    source = re.sub(r'"\s*\n\s*f?"', "", "".join(read("src").values()))
    quoted = re.findall(
        r'(?<!\w)["“]([\da-z][^"“”…]*? [^"“”…]*?)["”]', pages()[f"docs/reference/{page}"]
    )
    assert len(quoted) > 8
    assert [text for text in quoted if text not in source] == []


def test_the_help_has_every_exit_code() -> None:
    assert {int(code) for code in re.findall(r"\b\d+\b", EXIT_CODES)} == known.exit_codes()


@pytest.mark.parametrize(
    "page", sorted(name for name in pages() if "```toml\nlike" in pages()[name])
)
def test_the_models_that_a_page_writes_are_models(page: str, tmp_path: Path) -> None:
    for block in re.findall(r"```toml\n(like.*?)```", pages()[page], re.DOTALL):
        (tmp_path / "mine.toml").write_text(block)
        assert load_profile(str(tmp_path / "mine.toml")).key
