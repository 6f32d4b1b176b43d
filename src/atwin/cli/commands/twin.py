"""`atwin twin`: a virtual module on a line of one of four kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import FILE, FOLDER, MODEL, RESOLVED, TRACE, Number, option, read_secret
from atwin.cli.says import say

if TYPE_CHECKING:
    from atwin.session.serving import Served


@click.command()
@option(
    "--model",
    type=MODEL,
    default="air724ug",
    help="One of `atwin models`, with an earlier firmware (air780e-at@V1122), or a profile of your"
    " own: ./mine.toml.",
)
@option(
    "--pty", type=FILE, metavar="LINK", help="Serve a PTY, and make LINK a symbolic link to it."
)
@option(
    "--tcp", metavar="HOST:PORT", help="Serve one TCP client at a time; port 0 takes a free one."
)
@option("--rfc2217", metavar="HOST:PORT", help="The same as an RFC 2217 server.")
@option(
    "--serial",
    type=FILE,
    metavar="DEVICE",
    help="Be the module on a serial device: /dev/ttyUSB0, 8N1.",
)
@option(
    "--baud",
    default="max",
    metavar="N",
    help="Bits per second, with all that a real line does; max is as fast as it goes. A host on a "
    "PTY or RFC 2217 sets its own rate.",
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
    "--state", type=FOLDER, help="Keep saved settings and files in this directory, as flash would."
)
@option(
    "--control",
    type=FILE,
    metavar="SOCKET",
    help="Serve pins, surroundings, faults and counters as JSON on this socket: docs/control.md.",
)
@option("--faults", type=FILE, help="What goes wrong, and when: a TOML plan, or random:N.")
@option(
    "--seed",
    type=Number(0, whole=True),
    default=0,
    metavar="N",
    help="Another seed is another module: IMEI, IMSI, ICCID.",
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
@TRACE
def twin(
    pty: str | None,
    tcp: str | None,
    rfc2217: str | None,
    serial: str | None,
    baud: str,
    host_fifo: str | None,
    host_drain: str | None,
    rts: str | None,
    dtr: str | None,
    resolve: tuple[str, ...],
    offline: bool,
    trace: str | None,
    **module: Any,
) -> int:
    """Run a virtual module on a PTY, TCP, RFC 2217 or serial port.

    The module runs until it is interrupted, and logs on stderr what it does. It has one line: a PTY
    unless you choose another. `ready NAME` on stdout says that the line can be opened: `ready
    /tmp/modem`, `ready tcp 127.0.0.1:7000`; without an option the name of the PTY, `ready
    /dev/pts/3`.

    \b
    Examples:
      atwin twin --model air780e-at --pty /tmp/modem
      atwin twin --model air724ug --tcp 127.0.0.1:7000 --state ~/modem
      atwin twin --faults examples/faults/pdp_lost.toml
    """
    import logging

    from atwin.cli.running import run_work, show_log
    from atwin.models import load_profile
    from atwin.session.plans import load_plan
    from atwin.session.serving import Served
    from atwin.session.url import TwinWishes, parse_card, parse_line_model

    lines = {"--pty": pty, "--tcp": tcp, "--rfc2217": rfc2217, "--serial": serial}
    chosen = [option for option, value in lines.items() if value is not None]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)}: a module has one line, choose one")
    if (rts or dtr) and rfc2217 is None and module["control"] is None:
        raise click.UsageError("--rts and --dtr need --rfc2217 or --control, which set the wires")
    if serial is not None and (host_fifo or host_drain):
        raise click.UsageError("--host-fifo is a model; --serial has a real host")
    line = parse_line_model(baud, host_fifo, host_drain, rts, dtr)
    show_log(logging.INFO)
    control, faults = module.pop("control"), module.pop("faults")
    sim = module.pop("sim")
    wanted = TwinWishes(
        load_profile(module.pop("model")),
        line=line,
        faults=load_plan(faults) if faults else None,
        sim=parse_card(read_secret("--sim", sim)) if sim else None,
        **module,
    ).naming(resolve, offline)
    return run_work(_serve(Served(wanted, pty, tcp, rfc2217, serial, control)), trace)


async def _serve(wanted: Served) -> int:
    """Serve until cancelled."""
    import asyncio

    from atwin.cli.module import told_faults
    from atwin.session.serving import served

    async with served(wanted) as serving:
        kind, _, address = serving.url.rpartition("://")
        if serving.exposed:
            # A module reaches what this computer reaches, and so does whoever reaches the module.
            say(
                f"whoever reaches {address} can use this computer's network through the module,"
                " its own services on 127.0.0.1 included; 127.0.0.1 is for this computer alone"
            )
        with told_faults(serving.twin, live=False):
            name = {"socket": f"tcp {address}", "rfc2217": f"rfc2217 {address}"}
            print(f"ready {name.get(kind, serving.url)}", flush=True)
            await asyncio.Event().wait()
    return 0
