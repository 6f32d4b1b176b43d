"""Writes docs/reference/cli.md from the commands themselves: `python -m tests.docs.cli FILE`."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atwin.cli.app import COMMANDS, app, read_command
from atwin.cli.ending import EXIT_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFACE = """\
# The command line

<!-- Written by `make reference` from the commands in src/atwin/cli; do not edit. -->

`atwin COMMAND --help` prints the same. Options may stand before or after the arguments. A range in
brackets includes both ends. Where an option has a variable of the environment, the variable gives
its value unless the option is given.
"""
#: An option of so many commands is told once, for all of them.
SHARED = 3

Commands = dict[str, click.Command]


def page() -> str:
    """All of it."""
    commands = dict(_commands())
    shared = {row: names for row, names in _rows(commands).items() if len(names) >= SHARED}
    lines = [PREFACE, "| command | what it does |", "|---|---|"]
    lines += [
        f"| [atwin {name}](#{_anchor(name)}) | {_text(told)} |" for name, told in COMMANDS.items()
    ]
    lines += ["", *_codes(), *_shared(shared)]
    for name, command in commands.items():
        lines += _command(name, command, shared)
    return "\n".join(lines)


def _commands() -> Iterator[tuple[str, click.Command]]:
    """Each command, and those of a group: `trace`, `trace show`."""
    for name in COMMANDS:
        command = read_command(name)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())


def _anchor(name: str) -> str:
    return f"atwin-{name.replace(' ', '-')}"


def _codes() -> Iterator[str]:
    yield "## Exit codes\n\n| code | meaning |\n|---|---|"
    for code, meaning in re.findall(r"(\d+) (\D+)(?:, |$)", EXIT_CODES):
        yield f"| {code} | {meaning} |"
    yield "\n[Exit codes](exit-codes.md) says what to do after each.\n"


def _rows(commands: Commands) -> dict[str, list[str]]:
    """The row of each option, and the commands that have it so."""
    rows = defaultdict(list)
    for name, command in commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                rows[_row(command, parameter)].append(name)
    return rows


def _row(command: click.Command, option: click.Option) -> str:
    """Names, and the meaning with range, default and variable."""
    with click.Context(command) as context:
        record = option.get_help_record(context)
        assert record, option
        extra = option.get_help_extra(context)
    told = _text(re.sub(r"  \[[^]]*\]$", "", record[1]) if extra else record[1])
    if default := extra.get("default"):
        told += f" Default: `{default}`."
    if variables := extra.get("envvars"):
        told += f" Variable: `{', '.join(variables)}`."
    names = record[0].replace("|", "\\|")
    return f"| `{names}` | {told} |"


def _text(help_text: str) -> str:
    """What a help says, for a page: pages that it names are links, and signs are only signs."""
    parts = re.split(r"(`[^`]*`)", help_text.replace("|", "\\|"))
    parts[::2] = [re.sub(r"([*_<])", r"\\\1", part) for part in parts[::2]]
    return re.sub(
        r"docs/(\w+)/([\w-]+)\.md",
        lambda p: f"[{p[2]}]({'' if p[1] == 'reference' else f'../{p[1]}/'}{p[2]}.md)",
        "".join(parts),
    )


HEAD = "| option | what it does |\n|---|---|"


def _shared(shared: dict[str, list[str]]) -> Iterator[str]:
    yield "## Options of several commands\n"
    groups = defaultdict(list)
    for row, names in shared.items():
        groups[tuple(names)].append(row)
    for having, rows in groups.items():
        yield "Of " + ", ".join(f"`{name}`" for name in having) + f":\n\n{HEAD}"
        yield from rows
        yield ""


def _command(name: str, command: click.Command, shared: dict[str, list[str]]) -> Iterator[str]:
    yield f"## atwin {name}\n"
    with click.Context(command, info_name=name, parent=click.Context(app, info_name="atwin")) as c:
        yield f"```\n{' '.join(command.get_usage(c).removeprefix('Usage: ').split())}\n```\n"
    yield from _help(command.help or "")
    rows = [_row(command, each) for each in command.params if isinstance(each, click.Option)]
    own = [row for row in rows if row not in shared]
    if own:
        yield HEAD
        yield from own
        yield ""
    others = [row.split("`")[1].split(",")[0].split(" ")[0] for row in rows if row in shared]
    if others:
        told = ", ".join(f"`{each}`" for each in others)
        yield f"Of the [options of several commands](#options-of-several-commands): {told}.\n"


def _help(text: str) -> Iterator[str]:
    """Paragraphs; those whose lines stay (`\\b`) as a block."""
    for part in text.replace("\f", "").strip().split("\n\n"):
        lines = [line.strip() for line in part.strip().splitlines()]
        if lines[0] == "\b":
            if lines[1] == "Examples:":
                yield "For example:\n"
            else:
                yield f"{lines[1]}\n"
            yield "```\n" + "\n".join(lines[2:]) + "\n```\n"
        else:
            yield _text(" ".join(lines)) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
