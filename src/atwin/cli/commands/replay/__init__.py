"""`atwin replay`: yesterday's module for today's host, or yesterday's host for today's module."""

from __future__ import annotations

from typing import Any

import click

from atwin.cli.options import FILE, JSON, Number, PortOptions, option, takes
from atwin.cli.served import ending_options, line_options


@click.command()
@click.argument("file", metavar="FILE", type=FILE)
@option(
    "--as",
    "role",
    type=click.Choice(["module", "host"]),
    required=True,
    help="Answer a host as the module in FILE did, or send to a module what the host in FILE did.",
)
@line_options(several=False)
@ending_options
@takes(PortOptions)
@option(
    "--patience",
    type=Number(0),
    default=10.0,
    metavar="SECONDS",
    help="As the host: how much longer than the recorded one a module may take for an answer.",
)
@option(
    "--fast",
    is_flag=True,
    help="Leave out the recorded waiting times, except for the pauses around +++.",
)
@option(
    "--ignore",
    multiple=True,
    metavar="REGEX",
    help="What matches makes no difference, in lines and in text of up to 64 KiB. Repeatable.",
)
@option(
    "--ignore-usual",
    is_flag=True,
    help="The same for what differs by nature: IP addresses, signal, clock, battery, cell, "
    "position, IMEI, IMSI and ICCID.",
)
@option("--colour/--plain", default=None, help="Colours; by default only on a terminal.")
@JSON
def replay(file: str, role: str, options: PortOptions, **given: Any) -> int:
    """Replay an AT line that --pcap recorded, and show what differs.

    As the module it serves a line like `atwin twin`, and answers each command as it was answered
    then. Ctrl-C or --until-eof ends it. As the host it sends to the module at --port what was sent
    then. At the end it prints where the two dialogues differ: `-` was recorded, `+` is new, `>`
    went to the module, `<` came from it. The exit code is 5 where they differ.

    \b
    Examples:
      atwin replay yesterday.pcapng --as module --pty /tmp/modem
      atwin replay yesterday.pcapng --as host --port /dev/ttyUSB0 --ignore-usual
    """
    from atwin.cli.commands.replay.work import ReplayWishes, replayed

    source = click.get_current_context().get_parameter_source("port")
    has_port = source is click.core.ParameterSource.COMMANDLINE
    lines = {name: given.pop(name) for name in ("pty", "tcp", "rfc2217", "serial")}
    lines = {name: where for name, where in lines.items() if where is not None}
    if role == "module" and has_port:
        raise click.UsageError("--port is for --as host: a module has --pty, --tcp and so on")
    if role == "host" and lines:
        raise click.UsageError(f"--{next(iter(lines))} is for --as module: a host has --port")
    if len(lines) > 1:
        raise click.UsageError(f"--{' and --'.join(lines)}: a module has one line, choose one")
    return replayed(ReplayWishes(file, role, options.port, lines, **given))
