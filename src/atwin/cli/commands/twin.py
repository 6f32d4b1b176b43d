"""`atwin twin`: virtual modules, each on a line of one of four kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import (
    FILE,
    FOLDER,
    MODEL,
    RESOLVED,
    Number,
    option,
    read_secret,
)
from atwin.cli.panel import PANEL, PanelWatching
from atwin.cli.says import say
from atwin.cli.served import ending_options, line_options, parent_id, ready, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.session.serving import Served


@click.command()
@option(
    "--config",
    type=FILE,
    help="Modules, lines, names and faults in a TOML file: docs/twin.md. Options win over it.",
)
@option(
    "--model",
    type=MODEL,
    metavar="MODEL[?NAME=VALUE&…]",
    help="One of `atwin models` (by default air724ug), with an earlier firmware (air780e-at@V1122),"
    " or a profile of your own: ./mine.toml. What may follow is as in twin://MODEL?….",
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
    "--baud",
    metavar="N",
    help="Bits per second, with all that a real line does; max, the default, is as fast as it "
    "goes. A host on a PTY or RFC 2217 sets its own rate.",
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
    "docs/control.md. Several modules have SOCKET.1, SOCKET.2….",
)
@option("--faults", type=FILE, help="What goes wrong, and when: a TOML plan, or random:N.")
@option(
    "--answers",
    type=FILE,
    help="What it answers and says in place of its own: a TOML file, docs/answers.md.",
)
@option(
    "--unknown",
    type=click.Choice(["ok", "error"]),
    help="What a command that the model does not have is answered with (error, or as FILE says).",
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
@option("--cold", is_flag=True, help="Boot from power-off instead of having been on for a while.")
@ending_options
@PANEL
def twin(
    config: str | None,
    settings: tuple[str, ...],
    model: str | None,
    sim: str | None,
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

    \b
    Examples:
      atwin twin --model air780e-at --pty /tmp/modem
      atwin twin --model air724ug --tcp 127.0.0.1:7000 --state ~/modem
      atwin twin --pty /tmp/a --pty /tmp/b --set http_buffer=8192
      atwin twin --faults examples/faults/pdp_lost.toml
    """
    import logging

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
    wanted = modules(Wants(name, values, names), lines, sheet)
    parent = parent_id() if with_parent else None
    show_log(logging.INFO)
    work = _serve(wanted, parent, until_eof, watching)
    # Several are watched each by itself.
    return run_work(work, watching if len(wanted) == 1 else None)


def _is_given(value: Any) -> bool:
    return value is not None and value is not False


def _as_text(value: Any) -> str:
    """As in the URL of a twin."""
    return str(int(value) if isinstance(value, bool) else value)


async def _serve(
    wanted: Sequence[Served], parent: int | None, until_eof: bool, watching: PanelWatching
) -> int:
    """Serve until cancelled, or until what is asked for has ended."""
    from contextlib import AsyncExitStack

    from atwin.cli.module import told_faults
    from atwin.cli.running import named_log, watched
    from atwin.session.serving import served

    async with AsyncExitStack() as stack:
        told, subjects = [], []
        for number, one in enumerate(wanted, 1):
            whose = f"module {number}: " if len(wanted) > 1 else ""
            if len(wanted) > 1:
                stack.enter_context(watched(watching.of(number)))
            with named_log(whose):
                serving = await stack.enter_async_context(served(one))
            stack.enter_context(told_faults(serving.twin, live=False, whose=whose))
            if serving.exposed:
                # A module reaches what this computer does, and so does whoever reaches the module.
                address = serving.url.rpartition("://")[2]
                say(
                    f"whoever reaches {address} can use this computer's network through the"
                    " module, its own services on 127.0.0.1 included; 127.0.0.1 is for this"
                    " computer alone"
                )
            told.append(ready(serving.url))
            if serving.subject is not None:
                subjects.append(serving.subject)
        await stack.enter_async_context(watching.serving(subjects))
        print("\n".join(told), flush=True)
        await until(parent, until_eof)
    return 0
