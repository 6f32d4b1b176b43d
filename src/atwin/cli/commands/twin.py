"""`atwin twin`: a virtual module on a line of one of four kinds."""

from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options.shared import TraceFile
from atwin.cli.output.says import say

if TYPE_CHECKING:
    from atwin.session.serving import Served

#: Model names are checked where the profiles are: this file must not load them for `--help`.
_MODELS = "air724ug, air780e-at, air780e-lsat or a profile of your own: ./mine.toml"


def twin(
    model: Annotated[str, typer.Option(metavar="MODEL", help=f"{_MODELS}.")] = "air724ug",
    pty: Annotated[
        str | None,
        typer.Option(metavar="LINK", help="Serve a PTY, and make LINK a symlink to it."),
    ] = None,
    tcp: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Serve one TCP client at a time; port 0 is any."),
    ] = None,
    rfc2217: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="The same as an RFC 2217 server."),
    ] = None,
    serial: Annotated[
        str | None,
        typer.Option(metavar="DEVICE", help="Be the module on a serial device: /dev/ttyUSB0, 8N1."),
    ] = None,
    baud: Annotated[
        str,
        typer.Option(
            metavar="N",
            help="Bits per second, with all that a real line does; max is as fast as it goes. "
            "A host on a PTY or RFC 2217 sets its own.",
        ),
    ] = "max",
    host_fifo: Annotated[
        str | None,
        typer.Option(metavar="BYTES", help="Model the receive FIFO of the host's UART."),
    ] = None,
    host_drain: Annotated[
        str | None,
        typer.Option(metavar="N", help="Bytes per second the host reads from that FIFO."),
    ] = None,
    rts: Annotated[
        str | None,
        typer.Option(metavar="PIN", help="Wire the host's RTS to reset or power_key[:inverted]."),
    ] = None,
    dtr: Annotated[
        str | None,
        typer.Option(metavar="PIN", help="The same for DTR. Asserted pulls the pin low."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Keep saved settings and files here, as flash would."),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="SOCKET",
            help="Pins, RTS, DTR, faults and counters by JSON here: docs/control.md.",
        ),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="What goes wrong, and when: a TOML plan, or random:N."),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Another seed is another module: IMEI, IMSI, ICCID."),
    ] = 0,
    cold: Annotated[
        bool,
        typer.Option("--cold", help="Boot from power-off instead of having been on for a while."),
    ] = False,
    trace: TraceFile = None,
) -> None:
    """Run a virtual module on a PTY, a TCP port, an RFC 2217 port or a serial device.

    It runs until it is interrupted, and logs on stderr what it does. Without a line it serves
    a PTY. One line on stdout, `ready NAME`, tells when it can be opened: `ready /dev/pts/3`,
    `ready 127.0.0.1:7000` or what else was asked for.

    \b
    Examples:
      atwin twin --model air780e-at --pty /tmp/modem
      atwin twin --model air724ug --tcp 127.0.0.1:7000 --state ~/modem
      atwin twin --faults examples/faults/pdp_lost.toml
    """
    import logging

    from atwin.cli.running import finish, run, show_log
    from atwin.session.serving import Served
    from atwin.session.url import parse_line_model

    lines = {"--pty": pty, "--tcp": tcp, "--rfc2217": rfc2217, "--serial": serial}
    chosen = [option for option, value in lines.items() if value is not None]
    if len(chosen) > 1:
        raise typer.BadParameter(f"{' and '.join(chosen)}: a module has one line, choose one")
    if (rts or dtr) and rfc2217 is None and control is None:
        raise typer.BadParameter(
            "--rts and --dtr need somebody who drives them: --rfc2217 or --control"
        )
    if serial is not None and (host_fifo or host_drain):
        raise typer.BadParameter("--host-fifo is a model; behind --serial there is a real host")
    line = parse_line_model(baud, host_fifo, host_drain, rts, dtr)
    show_log(logging.INFO)
    served = Served(model, pty, tcp, rfc2217, serial, state, control, seed, cold, line, faults)
    finish(run(_serve(served), trace))


async def _serve(wanted: "Served") -> int:
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
