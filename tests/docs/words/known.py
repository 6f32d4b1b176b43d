"""What there is, by its name: options, variables, exit codes, AT commands, keys and faults."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache

import click

from atwin.cli import ending
from atwin.cli.app import COMMANDS, app, read_command
from atwin.host.errors import OptionError
from atwin.models import UnknownModelError
from atwin.session.url import parse_port_url
from docs.words.pages import ROOT, read

#: Options of programs that are not `atwin`: a line that shows one names the program, too.
FOREIGN = {
    "add_argument": "--short",
    "bench": "--docs --short",
    "curl": "--fail-with-body --insecure --retry --retry-connrefused --retry-delay --silent"
    " --unix-socket",
    "gnutls-serv": "--disable-client-cert --echo --noticket --quiet",
    "grep": "--line-buffered",
    "LDFLAGS": "--gc-sections --specs",
    "mypy": "--platform --strict",
    "certificates/server.pem": "--priority --x509certfile --x509keyfile",  # of gnutls-serv
    "pip": "--no-cache-dir --no-deps --quiet",
    "pytest": "--durations",
    "tests.docs.running": "--write",
    "tests.fuzz": "--guided --input",
    "tests.prove": "--base --docs --list --tries",
    "tshark": "--export-objects",
    "uvx": "--from",
}


@cache
def options() -> dict[str, frozenset[str]]:
    """Each command, and those of a group as `trace show` -> what it takes."""
    found: dict[str, frozenset[str]] = {"": _of(app)}
    for name in COMMANDS:
        command = read_command(name)
        found[name] = _of(command)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": _of(each) for inner, each in command.commands.items()}
    return found


def _of(command: click.Command) -> frozenset[str]:
    named = [name for param in command.params for name in (*param.opts, *param.secondary_opts)]
    return frozenset({"-h", "--help", *(name for name in named if name.startswith("-"))})


@cache
def all_options() -> frozenset[str]:
    """Those of every command, of the plugin of pytest, and of `python -m atwin.testing`."""
    others = "".join(read("src/atwin/pytest_plugin", "src/atwin/testing").values())
    return frozenset().union(*options().values(), re.findall(r'"(--[a-z-]+)"', others))


def is_option(name: str, line: str) -> bool:
    """Whether `atwin` has it, or a program that the line names."""
    return name in all_options() or any(
        program in line and name in theirs.split() for program, theirs in FOREIGN.items()
    )


@cache
def variables() -> frozenset[str]:
    """Those of the environment that the program reads."""
    return frozenset(re.findall(r"\bATWIN_[A-Z_]+\b", "".join(read("src").values())))


@cache
def extras() -> frozenset[str]:
    """What `pip install 'atwin[…]'` takes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return frozenset(project["optional-dependencies"])


@cache
def exit_codes() -> frozenset[int]:
    """The numbers that a command ends with."""
    return frozenset(value for value in vars(ending).values() if isinstance(value, int))


@cache
def at_commands() -> frozenset[str]:
    """What follows AT: those the models know, and those they are known to lack."""
    table = json.loads((ROOT / "docs" / "reference" / "commands.json").read_text("utf-8"))
    return frozenset(entry["command"] for entry in table)


@cache
def is_value_of_a_twin(pair: str) -> bool:
    """Whether `twin://MODEL?pair` is about something, be its value right or not."""
    try:
        parse_port_url(f"twin://air724ug?{pair}")
    except UnknownModelError:
        return False
    except OptionError:
        return True
    return True
