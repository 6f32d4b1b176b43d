"""Writes docs/reference/commands.md and .json from the command declarations, and the tables of
 the page of the profiles from those of a profile.

`python -m atwin.cli.reference DIR`; `make reference` does it for docs/.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from atwin.at.command import Declaration, Family, Parameter
from atwin.at.grammar import Form
from atwin.cli.levels import Level, level, level_of_absent, levels
from atwin.models import CHOICES, MODELS, Profile, load_profile
from atwin.models.profile import FEATURES, LIMITS, NAMES, TEXTS, TIMES, VALUES
from atwin.twin.chapters.absent import ABSENT

_FORM_NAMES = {Form.EXECUTE: "execute", Form.READ: "read", Form.SET: "set", Form.TEST: "test"}
_FORM_ORDER = (Form.EXECUTE, Form.SET, Form.READ, Form.TEST)

_KNOWN = (Level.FULL, Level.ANSWERED)

#: The forms of a set command that may also stand without its arguments.
_BARE = (Form.SET, Form.EXECUTE)

_ABSENT_TITLE = "What is absent"
_TO_ABSENT = f"\n- [{_ABSENT_TITLE}](#what-is-absent)\n"

#: `(docs/spec/http.md §3)`, or the same as a sentence.
_CHAPTERS = re.compile(r" ?\(docs/spec/[^)]*\)| ?See docs/spec/.*?\d\.(?= |$)")

_PREFACE = """\
# AT commands

<!-- Written by `make reference` from the command declarations in src/atwin/twin; do not edit. -->

This page lists every command that the twin knows, by chapter. Arguments in `[ ]` may be left out.
Every extended command answers its test form (`AT+NAME=?`); only test forms that print something are
listed. Ranges include both ends. Where models differ, the value is shown once for each model. No
command reaches the pins and the supply of a twin: see [control.md](control.md).
"""


def command_families() -> list[type[Family]]:
    """Every family of commands that a twin can have, by title."""
    from atwin.twin.firmware import CHAPTERS  # not before they are asked for: it takes its time

    families = (family for chapter in CHAPTERS for family in chapter.commands)
    return sorted(families, key=lambda family: family.title)


def page() -> str:
    """The reference page."""
    profiles = [load_profile(key) for key in MODELS]
    families = command_families()
    blocks = [
        _PREFACE,
        "\n".join(f"- [{f.title}](#{_anchor(f.title)})" for f in families) + _TO_ABSENT,
    ]
    for family in families:
        blocks.extend(_chapter(family, profiles))
    blocks.extend(_absent())
    return "\n".join(blocks)


def _absent() -> Iterator[str]:
    yield f"## {_ABSENT_TITLE}\n"
    yield (
        "These commands, but for their forms in the chapters above, end with ERROR on every model."
        " Missing: the real modules know them. Absent: they do not either.\n"
    )
    yield "| what | commands | why | level |\n|---|---|---|---|"
    for absent in ABSENT:
        names = ", ".join(f"`AT{name}`" for name in absent.names)
        yield f"| {absent.family} | {names} | {absent.why} | {level_of_absent(absent)} |"
    yield ""


def coverage() -> list[dict[str, object]]:
    """One entry a command and form: name, form, syntax, chapter, models, levels."""
    profiles = [load_profile(key) for key in MODELS]
    missing: list[dict[str, object]] = [
        {
            "command": name,
            "form": _FORM_NAMES[Form.SET],
            "syntax": f"AT{name}",
            "chapter": absent.family,
            "models": [],
            "levels": dict.fromkeys(MODELS, level_of_absent(absent)),
        }
        for absent in ABSENT
        for name in absent.names
    ]
    return missing + [
        {
            "command": declaration.name,
            "form": _FORM_NAMES[form],
            "syntax": _syntax(declaration, form),
            "chapter": family.title,
            "models": [key for key, known in known.items() if known in _KNOWN],
            "levels": known,
        }
        for family in command_families()
        for declaration, form in _spoken(family.declarations)
        for known in [{p.key: level(p, family, declaration, form) for p in profiles}]
    ]


def _chapter(family: type[Family], profiles: list[Profile]) -> Iterator[str]:
    yield f"## {family.title}\n"
    yield f"{_unwrapped(family.__doc__ or '')} Declared in `{_source(family)}`.\n"
    if not family.effect:
        yield "These commands are answered as a module answers them, and do nothing.\n"
    of_command = levels([family])
    for name in sorted({declaration.name for declaration in family.declarations}):
        own = [d for d in family.declarations if d.name == name]
        yield f"### AT{name}\n"
        has_it = [key for key, known in of_command[name].items() if known in _KNOWN]
        if has_it != list(MODELS):
            where = "Only on " + ", ".join(f"`{model}`" for model in has_it)
            yield f"{where if has_it else 'On no model, unless its profile says so'}.\n"
        yield "| form | syntax | meaning |\n|---|---|---|"
        for declaration, form in _spoken(own):
            generated = form is Form.TEST and declaration.test
            meaning = "Prints what the set form takes." if generated else declaration.doc
            syntax, meaning = _cell(_syntax(declaration, form)), _cell(_unwrapped(meaning))
            yield f"| {_FORM_NAMES[form]} | `{syntax}` | {meaning} |"
        yield ""
        yield from _parameter_table(own, profiles)


def _source(family: type[Family]) -> str:
    """Its file, from the root of the repository."""
    module = family.__module__
    package = "/__init__" if hasattr(sys.modules[module], "__path__") else ""
    return f"src/{module.replace('.', '/')}{package}.py"


def _parameter_table(own: list[Declaration], profiles: list[Profile]) -> Iterator[str]:
    parameters = {p.name: p for declaration in own for p in declaration.parameters}
    if not parameters:
        return
    yield "| parameter | takes |\n|---|---|"
    for parameter in parameters.values():
        yield f"| `{parameter.name}` | {_cell(_takes(parameter, profiles))} |"
    yield ""


def _takes(parameter: Parameter, profiles: list[Profile]) -> str:
    shown = {profile.key: parameter.kind.on(profile).shown() for profile in profiles}
    if len(set(shown.values())) == 1:
        return f"`{shown[profiles[0].key]}`"
    return ", ".join(f"`{text}` {model}" for model, text in shown.items())


def _spoken(declarations: Iterable[Declaration]) -> list[tuple[Declaration, Form]]:
    """Declarations with each form they answer in a way of their own, in the manual's order."""
    pairs = [
        (declaration, form)
        for declaration in declarations
        # A set form that may stand bare is one way to say it, with everything optional.
        for form in (_FORM_ORDER if declaration.forms != _BARE else (Form.SET,))
        if form in declaration.forms or (form is Form.TEST and declaration.test)
    ]
    return sorted(pairs, key=lambda pair: (pair[0].name, _FORM_ORDER.index(pair[1])))


def _syntax(declaration: Declaration, form: Form) -> str:
    name = f"AT{declaration.name}"
    if form is not Form.SET:
        return f"{name}{form.value}"
    sign = "" if declaration.name.lstrip("&").isalpha() else "="
    arguments = ",".join(f"<{p.name}>" for p in declaration.parameters if p.required)
    optional = ""
    for parameter in reversed([p for p in declaration.parameters if not p.required]):
        is_first = not arguments and parameter is declaration.parameters[0]
        optional = f"[{'' if is_first else ','}<{parameter.name}>{optional}]"
    if sign and declaration.forms == _BARE:
        inner = (
            optional.removeprefix("[").removesuffix("]") if not arguments else arguments + optional
        )
        return f"{name}[={inner}]"
    return f"{name}{sign}{arguments}{optional}"


def _anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


def _unwrapped(text: str) -> str:
    """One line, without the chapters of the specification: they are for who reads the source."""
    return _CHAPTERS.sub("", " ".join(text.split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


#: The tables of a profile as that page has them: what its values are.
_TABLES = {
    "": "Outside of the tables, ASCII texts:",
    "limits": "`[limits]`, whole numbers from 1:",
    "values": "`[values]`, whole numbers from 0:",
    "times": "`[times]`, seconds; `--cold` and the pins use them, `time_scale` multiplies them:",
    "features": "`[features]`, true or false:",
    "choices": "`[choices]`, each one of the words in brackets:",
    "texts": "`[texts]`:",
}


def models_page(page: str) -> str:
    """The page of the profiles with the tables of today between its two comments."""
    known: dict[str, Mapping[str, object]] = {"": NAMES, "limits": LIMITS, "values": VALUES}
    known |= {"times": TIMES, "features": FEATURES, "choices": CHOICES, "texts": TEXTS}
    lines = []
    for table, heading in _TABLES.items():
        lines += [heading, "", "| name | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {_meaning(meaning)} |" for name, meaning in known[table].items()]
        lines.append("")
    before, start, rest = page.partition("do not edit. -->\n")
    _, end, after = rest.partition("<!-- End of")
    return f"{before}{start}\n{chr(10).join(lines)}\n{end}{after}"


def _meaning(meaning: object) -> str:
    if isinstance(meaning, tuple):
        text, words = meaning
        return f"{text} ({', '.join(words)})"
    return str(meaning)


def main() -> None:
    """Write the files into the directory named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m atwin.cli.reference DIRECTORY")
    directory = Path(sys.argv[1]) / "reference"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "commands.md").write_text(page(), "utf-8")
    (directory / "commands.json").write_text(coverage_json(), "utf-8")
    models = (directory / "models").with_suffix(".md")
    if models.exists():
        models.write_text(models_page(models.read_text("utf-8")), "utf-8")


def coverage_json() -> str:
    """`coverage` as a JSON array, one entry a line so that changes read well."""
    return "[\n" + ",\n".join(json.dumps(entry) for entry in coverage()) + "\n]\n"


if __name__ == "__main__":
    main()
