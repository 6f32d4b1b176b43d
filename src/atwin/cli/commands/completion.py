"""`atwin completion`: the Tab key in bash, zsh and fish."""

import os
import shlex
from pathlib import Path
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from atwin.cli.app import COMPLETE
from atwin.cli.ending import DONE, USAGE, CommandFailed

#: A variable with a folder's path, the folder below the home without it, and a file's name.
_Place = tuple[str, str, str]


class _Bash(ShellComplete):
    """As click's, for words with `:` and `=` in them: bash cuts those where the others do not."""

    name = "bash"
    source_template = """\
%(complete_func)s() {
    local reply kind
    COMPREPLY=()
    while IFS=, read -r kind reply; do
        case $kind in
            plain) COMPREPLY+=("$reply") ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done < <(COMP_TYPED="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
    [[ ${COMPREPLY[0]} != *// ]] || compopt -o nospace
}
complete -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        typed = os.environ["COMP_TYPED"]
        words = split_arg_string(typed)
        self._word = "" if typed[-1:].isspace() else words.pop()
        return words[1:], self._word

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        # Bash replaces what follows the last of its breaks, not the whole word.
        breaks = set(os.environ["COMP_BREAKS"]) & set(":=")
        option, equals, value = incomplete.partition("=")
        given = value if equals and option.startswith("-") else incomplete
        there = max((given.rfind(sign) for sign in breaks), default=-1) + 1
        found = super().get_completions(args, incomplete)
        for item in found:
            item.value = item.value[there:]
        return found

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.type},{item.value}"


class _WholeWord(ShellComplete):
    """For shells that replace the whole word: of `--port=VALUE` too, where click has VALUE."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-"):
            for item in found:
                item.value = f"{option}={item.value}"
        return found


class _Zsh(_WholeWord, ZshComplete):
    pass


class _Fish(_WholeWord, FishComplete):
    pass


for _shell in (_Bash, _Zsh, _Fish):
    add_completion_class(_shell)


#: Where the script of each shell goes, and the file that loads it if the shell does not by itself:
#: each a variable that may name the folder, the folder below the home, and the name.
_PLACES: dict[str, tuple[_Place, _Place | None]] = {
    "bash": (("XDG_DATA_HOME", ".local/share", "atwin/completion.bash"), ("HOME", ".", ".bashrc")),
    "zsh": (("XDG_DATA_HOME", ".local/share", "atwin/completion.zsh"), ("ZDOTDIR", ".", ".zshrc")),
    "fish": (("XDG_CONFIG_HOME", ".config", "fish/completions/atwin.fish"), None),
}
#: What compdef needs, in a start file that has not loaded it.
_COMPINIT = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(list(_PLACES)))
@click.option("--install", is_flag=True, help="Write the script, and make SHELL load it.")
def completion(shell: str, install: bool) -> int:
    """Print or install the script for completion with the Tab key.

    SHELL is bash, zsh or fish. --install writes the script to a file in your home directory, and
    one line in ~/.bashrc or ~/.zshrc loads it; fish finds the file by itself. Then start a new
    shell.

    \b
    Example:
      atwin completion bash --install
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(click.Group(), {}, "atwin", COMPLETE).source()
    if shell == "zsh":
        script = _COMPINIT + script
    if not install:
        click.echo(script)
        return DONE
    place, start = _PLACES[shell]
    target = _path(place)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(script)
        told = [f"wrote {target}"]
        if start is not None and _load(target, _path(start)):
            told.append(f"added a line to {_path(start)}")
    except OSError as error:
        raise CommandFailed(f"cannot write {error.filename}: {error.strerror}", USAGE) from None
    click.echo(f"{', '.join(told)}; start a new {shell} to use it")
    return DONE


def _path(place: _Place) -> Path:
    variable, folder, name = place
    given = os.environ.get(variable)
    return (Path(given) if given else Path.home() / folder) / name


def _load(script: Path, start: Path) -> bool:
    """Whether the file `start` had to be told to load `script`."""
    line = f"[ ! -r {shlex.quote(str(script))} ] || . {shlex.quote(str(script))}"
    if start.exists() and line in start.read_text(errors="surrogateescape").splitlines():
        return False
    with start.open("a") as file:
        file.write(f"\n# atwin completion\n{line}\n")
    return True
