"""`atwin twin`: virtual modules, each on a line of one of four kinds."""

from __future__ import annotations

from typing import Any

import click

from atwin.cli.options import (
    FAULTS,
    FILE,
    FOLDER,
    MODEL,
    PLAN,
    RESOLVED,
    Number,
    option,
    read_secret,
)
from atwin.cli.panel import PANEL, PanelWatching
from atwin.cli.served import ending_options, line_options, parent_id

#: Modules whose log a person can still read line by line.
_READABLE = 8


@click.command()
@option(
    "--config",
    type=FILE,
    help="Modules, lines, names and faults in a TOML file: docs/reference/twin.md. "
    "Options win over it.",
)
@option(
    "--model",
    type=MODEL,
    metavar="MODEL[?NAME=VALUE&…]",
    help="One of `atwin models` (by default air724ug), with an earlier firmware "
    "(air780e-at@V1122), or a profile of your own: ./mine.toml. It takes the same NAME=VALUE "
    "as twin://MODEL?….",
)
@option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a limit, time, feature or choice of the profile, or whatever else twin://MODEL?… "
    "takes: http_buffer=8192. Repeatable.",
)
@line_options(several=True)
@option(
    "--count",
    type=Number(1, 10_000, whole=True),
    metavar="N",
    help="Number of modules on each line: --tcp on PORT, PORT+1…, --pty as LINK.1, LINK.2…; with "
    "--rfc2217 one server, where each client gets the next free module.",
)
@option(
    "--fresh",
    is_flag=True,
    help="Restart a module in its factory state when its client leaves (TCP, RFC 2217).",
)
@option(
    "--baud",
    metavar="N",
    help="Rate of the line in bit/s, with the timing of a real line; max, the default, takes no "
    "line time. A host on a PTY or RFC 2217 sets its own rate.",
)
@option(
    "--host-fifo", metavar="BYTES", help="Model a host whose UART has a receive FIFO of this size."
)
@option("--host-drain", metavar="N", help="Bytes per second that the host reads from that FIFO.")
@option(
    "--rts", metavar="PIN", help="Wire the host's RTS to the pin reset or power_key[:inverted]."
)
@option("--dtr", metavar="PIN", help="The same for DTR. Asserted pulls the pin low.")
@option(
    "--state",
    type=FOLDER,
    help="Keep saved settings and files in this directory, as flash would. Several modules have "
    "DIR/1, DIR/2….",
)
@option(
    "--control",
    type=FILE,
    metavar="SOCKET",
    help="Serve pins, surroundings, faults and counters on this socket, by HTTP and JSON lines: "
    "docs/reference/control.md. Several modules have SOCKET.1, SOCKET.2….",
)
@option("--faults", type=PLAN, metavar="PLAN", help=FAULTS)
@option(
    "--answers",
    type=FILE,
    help="Answers and URCs that replace the twin's own: a TOML file, docs/howto/answers.md.",
)
@option(
    "--unknown",
    type=click.Choice(["ok", "error"]),
    help="The answer to commands that the model does not have (error, or as FILE says).",
)
@option(
    "--seed",
    type=Number(0, whole=True),
    metavar="N",
    help="Another seed is another module: IMEI, IMSI, ICCID. Several modules have N, N+1….",
)
@option(
    "--time-scale",
    type=Number(0),
    metavar="X",
    help="Multiply start-up and network times by X; 0 makes them immediate.",
)
@option(
    "--sim",
    metavar="NAME=VALUE&…",
    help="The SIM card: pin (asked for at each start), puk; apn, apn_user, apn_password and "
    "apn_auth (none, pap, chap) of a private APN. @FILE reads it from a file.",
)
@option("--resolve", **RESOLVED)
@option("--offline", is_flag=True, help="Reach nothing but the names of --resolve.")
@option("--cold", is_flag=True, help="Boot from power-off; without it the module is on already.")
@ending_options
@PANEL
def twin(
    config: str | None,
    settings: tuple[str, ...],
    model: str | None,
    sim: str | None,
    count: int | None,
    resolve: tuple[str, ...],
    with_parent: bool,
    until_eof: bool,
    watching: PanelWatching,
    **given: Any,
) -> int:
    """Run a virtual module on a PTY, TCP, RFC 2217 or serial port.

    The module runs until it is interrupted, and logs on stderr what it does. It is on a PTY unless
    you choose another line. `ready NAME` on stdout says that the line can be opened: `ready
    /tmp/modem`, `ready tcp 127.0.0.1:7000`; without an option the name of the PTY, `ready
    /dev/pts/3`.

    Several lines are several modules, with a `ready` each: PTYs first, then TCP, RFC 2217, serial.
    With --count there are N on each line.

    \b
    Examples:
      atwin twin --model air780e-at --pty /tmp/modem
      atwin twin --model air724ug --tcp 127.0.0.1:7000 --state ~/modem
      atwin twin --pty /tmp/a --pty /tmp/b --set http_buffer=8192
      atwin twin --rfc2217 127.0.0.1:7000 --count 1000 --model air780e-at
      atwin twin --faults pdp_lost
    """
    import logging

    from atwin.cli.commands.twin.calm import CalmHandler
    from atwin.cli.commands.twin.serve import serve
    from atwin.cli.running import run_work, show_log
    from atwin.session.config import load_config
    from atwin.session.several import LINES, Wants, modules
    from atwin.session.url import parse_card, parse_hosts, split_model

    lines = [(kind, where) for kind in LINES for where in given.pop(kind)]
    name, values, names = (None, {}, {}) if model is None else split_model(model)
    for text in settings:
        flag, equals, value = text.partition("=")
        if not equals or not flag:
            raise click.UsageError(f"--set {text!r}: give NAME=VALUE, such as http_buffer=8192")
        values[flag] = value
    values |= {key: _as_text(value) for key, value in given.items() if _is_given(value)}
    if sim:
        values |= parse_card(read_secret("--sim", sim)) or {}
    names |= parse_hosts("--resolve", resolve)
    sheet = None if config is None else load_config(config)
    wanted = modules(Wants(name, values, names, count=count), lines, sheet)
    parent = parent_id() if with_parent else None
    show_log(logging.INFO, CalmHandler() if len(wanted) > _READABLE else None)
    work = serve(wanted, parent, until_eof, watching)
    # Several are watched each by itself.
    return run_work(work, watching if len(wanted) == 1 else None)


def _is_given(value: Any) -> bool:
    return value is not None and value is not False


def _as_text(value: Any) -> str:
    """As in the URL of a twin."""
    return str(int(value) if isinstance(value, bool) else value)
