"""`atwin models`: the profiles and what they allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from atwin.cli.ending import DONE, print_object
from atwin.cli.options import JSON, MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.models import Profile

#: What the words of `--commands` mean.
_LEGEND = (
    "full: answered, with its effect; answered: answered as on the real module, without an "
    "effect; absent: ERROR, as on the real module; missing: ERROR, though the real module has it"
)


@click.command()
@click.option(
    "--commands",
    is_flag=True,
    help="List the AT commands instead, and how far each model implements them: full; answered, "
    "without an effect; absent, as on the real module; missing, though the real module has it.",
)
@click.argument("chosen", metavar="[MODEL]...", nargs=-1, type=MODEL)
@JSON
def models(as_json: bool, commands: bool, chosen: tuple[str, ...]) -> int:
    """List the module profiles and their limits, in bytes and bit/s.

    Without MODEL it lists all that come with the program.

    \b
    Examples:
      atwin models
      atwin models ./mine.toml air780e-at@V1122
      atwin models --commands | grep -E 'answered|absent|missing'
      atwin models --json | jq '.models[].limits.http_buffer'
    """
    from atwin.models import MODELS, load_profile

    profiles = [load_profile(key) for key in chosen or MODELS]
    if commands:
        return _commands(profiles, as_json)
    if as_json:
        described = [
            {
                "model": profile.key,
                "title": profile.title,
                "firmware": profile.firmware,
                "limits": dict(profile.limits) | {"download_chunk": profile.download_chunk},
                "times": dict(profile.times),
                "features": dict(profile.features),
            }
            for profile in profiles
        ]
        print_object({"models": described})
        return DONE
    _print_table([(profile.key, profile.title, profile.firmware) for profile in profiles])
    click.echo()
    rows = [
        ("", *(profile.key for profile in profiles)),
        *((name, *(str(p.limit(name)) for p in profiles)) for name in profiles[0].limits),
        ("download_chunk", *(str(p.download_chunk) for p in profiles)),
        *(
            (name, *("yes" if p.has(name) else "-" for p in profiles))
            for name in profiles[0].features
        ),
    ]
    _print_table(rows)
    return DONE


def _commands(profiles: list[Profile], as_json: bool) -> int:
    from atwin.cli.levels import levels
    from atwin.cli.reference import command_families
    from atwin.twin.chapters.absent import ABSENT

    found = levels(command_families(), ABSENT, profiles)
    if as_json:
        print_object({"commands": {f"AT{name}": known for name, known in found.items()}})
        return DONE
    keys = [profile.key for profile in profiles]
    rows = [(f"AT{name}", *(known[key] for key in keys)) for name, known in found.items()]
    _print_table([("command", *keys), *rows])
    click.echo(_LEGEND, err=True)
    return DONE


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
