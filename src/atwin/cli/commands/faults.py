"""`atwin faults`: the plans of faults that come with the program."""

from __future__ import annotations

import click

from atwin.cli.ending import DONE, print_object
from atwin.cli.options import JSON, PLAN


@click.command()
@click.argument("name", metavar="[NAME]", required=False, type=PLAN)
@JSON
def faults(name: str | None, as_json: bool) -> int:
    """List the fault plans that --faults knows by name, or print one.

    With NAME it prints the TOML file of that plan, a start for a plan of your own
    (docs/reference/faults.md).

    \b
    Examples:
      atwin faults
      atwin faults pdp_lost > mine.toml
      atwin twin --faults ./mine.toml
    """
    from atwin.text import parse_toml, shown
    from atwin.twin.faults.plans import PLANS

    if name is not None and name not in PLANS:
        raise click.UsageError(
            f"there is no plan '{shown(name, limit=80)}'; there are {', '.join(PLANS)}"
        )
    named = PLANS if name is None else {name: PLANS[name]}
    texts = {each: path.read_text("utf-8") for each, path in named.items()}
    if as_json:
        print_object({"plans": [parse_toml(text.encode()) for text in texts.values()]})
    elif name is not None:
        click.echo(texts[name], nl=False)
    else:
        width = max(map(len, texts))
        for each, text in texts.items():
            click.echo(f"{each.ljust(width)}  {parse_toml(text.encode())['teaches']}")
    return DONE
