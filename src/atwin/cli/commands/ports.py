"""`atwin ports`: the serial ports there are, and what answers on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import JSON, PORT, Number, option

if TYPE_CHECKING:
    from atwin.line.devices import Device


@click.command()
@click.argument("ports", metavar="[PORT…]", nargs=-1, type=PORT)
@option("--no-ask", is_flag=True, help="List the ports, and open none.")
@option(
    "--timeout",
    "deadline",
    type=Number(0.1, 60),
    default=2.0,
    metavar="SECONDS",
    help="How long a port may take to answer AT.",
)
@JSON
def ports(ports: tuple[str, ...], no_ask: bool, deadline: float, as_json: bool) -> int:
    """List serial ports, and what answers there.

    Each port gets an AT at 115200 bit/s, and is asked what module it is. A port that another
    program has open is not touched. Opening one sets its RTS and DTR, which restarts some boards;
    --no-ask opens none. With PORT only these ports are tried, not all devices of this computer.

    \b
    Examples:
      atwin ports
      atwin ports /dev/ttyUSB0 'socket://127.0.0.1:7000' --json
    """
    from atwin.cli.running import run_work

    async def work() -> int:
        import asyncio

        from atwin.cli.ending import print_object
        from atwin.line.devices import Device, devices

        found = [Device(path) for path in ports] or devices()
        rows = await asyncio.gather(*(_look_at(one, deadline, ask=not no_ask) for one in found))
        if as_json:
            print_object({"ports": rows})
        elif not rows:
            click.echo("no serial ports here", err=True)
        else:
            _print_table(rows)
        return 0

    return run_work(work())


async def _look_at(device: Device, deadline: float, *, ask: bool) -> dict[str, Any]:
    """What is known of it: `state` is in use, silent, answers, failed, or not asked."""
    from dataclasses import asdict

    from atwin.line.devices import user_of

    row: dict[str, Any] = {"port": device.path, **asdict(device)}
    del row["path"]
    if "://" not in device.path and (process := user_of(device.path)) is not None:
        return row | {"state": "in use", "process": process}
    return row | (await _ask(device.path, deadline) if ask else {"state": "not asked"})


async def _ask(url: str, deadline: float) -> dict[str, Any]:
    import asyncio
    from dataclasses import asdict

    from atwin.host.channel.channel import Channel
    from atwin.host.errors import HostError
    from atwin.host.identity import ask_identity
    from atwin.line.port import PortError, PortSpecError
    from atwin.session.opening import open_line
    from atwin.session.url import parse_port_url

    try:
        async with open_line(parse_port_url(url)) as line:
            channel = Channel(line.port)
            try:
                async with asyncio.timeout(deadline):
                    await channel.synchronise(max(2, int(deadline / _GAP)), _GAP)
                async with asyncio.timeout(deadline):
                    identity = await ask_identity(channel)
            finally:
                await channel.close()
    except (HostError, TimeoutError) as error:
        if isinstance(error, HostError) and error.exit_code == 2:
            raise
        return {"state": "silent"}
    except (PortError, PortSpecError) as error:
        return {"state": "failed", "why": str(error)}
    return {"state": "answers", "module": asdict(identity)}


#: Seconds between two tries.
_GAP = 0.5


def _print_table(rows: list[dict[str, Any]]) -> None:
    from atwin.text import shown

    width = max(len(row["port"]) for row in rows)
    for row in rows:
        told = row["state"]
        if told == "answers":
            who = (row["module"][name] for name in ("manufacturer", "model", "firmware"))
            told = " ".join(filter(None, who)) or "answers AT, and does not say who it is"
        elif told == "in use":
            told = f"in use by process {row['process']}"
        elif told == "failed":
            told = row["why"]
        product = f" ({row['product']})" if row["product"] else ""
        click.echo(shown(f"{row['port']:{width}}  {told}{product}"))
