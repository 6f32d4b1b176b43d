"""`atwin recover`: the recovery ladder alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from atwin.cli.options import JSON, WATCHING, ModuleOptions, Watching, option, takes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.host.recovery.ladder import Climbed


@click.command()
@takes(ModuleOptions)
@option("--restart", is_flag=True, help="Begin with AT+RESET, even if nothing is wrong.")
@JSON
@WATCHING
def recover(options: ModuleOptions, restart: bool, as_json: bool, watching: Watching) -> int:
    """Bring a module back onto the network, and say what helped.

    It tries one step after the other, until the module is registered and its bearer is open: new
    PDP context (three times), CIPSHUT, flight mode, AT+RESET, the RESET pin with PWRKEY, and a
    power cycle. The last two need --pins.

    \b
    Examples:
      atwin recover --port /dev/ttyUSB0 --pins port:rts=reset,dtr=power_key
      atwin recover --port /tmp/module --pins control:/tmp/pins --json
    """
    from atwin.cli.running import run_work

    async def work() -> int:
        from atwin.cli.ending import known, print_object
        from atwin.cli.module import tell, told_faults
        from atwin.session.opening import modem_on

        known(port=options.port, recovery=[])
        async with modem_on(
            options.port, note=tell, pins=options.pins, telling=told_faults, **options.sim()
        ) as (modem, _):
            try:
                await modem.recover(
                    give_up=options.give_up,
                    restart=restart,
                    note=lambda rung: tell(f"recovery: {rung}"),
                )
            finally:
                climbed = modem.climbed
                known(recovery=described(climbed))
        click.echo(_summary(climbed), err=True)
        if as_json:
            print_object({"port": options.port, "recovery": described(climbed)})
        return 0

    return run_work(work(), watching)


def described(climbed: Sequence[Climbed]) -> list[dict[str, object]]:
    """For `--json`."""
    return [asdict(rung) | {"seconds": round(rung.seconds, 3)} for rung in climbed]


def _summary(climbed: Sequence[Climbed]) -> str:
    if not climbed:
        return "the module is on the network; there was nothing to recover"
    last = climbed[-1]
    rungs = f"after {len(climbed)} rungs"
    if not last.helped:
        return f"the module is on the network by itself, {rungs} that did not help"
    return f"{last.rung} helped" if len(climbed) == 1 else f"{last.rung} helped, {rungs}"
