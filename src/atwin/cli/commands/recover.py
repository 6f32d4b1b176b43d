"""`atwin recover`: the recovery ladder alone."""

from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options.shared import (
    DEFAULT_PORT,
    GIVE_UP,
    GiveUp,
    Json,
    PinsOption,
    Port,
    TraceFile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.host.recovery.ladder import Climbed


def recover(
    port: Port = DEFAULT_PORT,
    pins: PinsOption = None,
    give_up: GiveUp = GIVE_UP,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin with AT+RESET even if nothing is wrong.")
    ] = False,
    as_json: Json = False,
    trace: TraceFile = None,
) -> None:
    """Bring a module back onto the network, and say what helped.

    New PDP (three times), CIPSHUT, flight mode, AT+RESET, RESET pin with PWRKEY, power cycle: one
    after the other until the module is registered with its bearer open. The last two need
    --pins.

    \b
    Examples:
      atwin recover --port /dev/ttyUSB0 --pins port:rts=reset,dtr=power_key
      atwin recover --port /tmp/module --pins control:/tmp/pins --json
    """
    from atwin.cli.running import finish, run

    async def work() -> int:
        from atwin.cli.module import tell, told_faults
        from atwin.cli.output.outcome import known, print_object
        from atwin.cli.output.says import say
        from atwin.session.opening import modem_on

        known(port=port, recovery=[])
        async with modem_on(port, note=tell, pins=pins, telling=told_faults) as (modem, _):
            try:
                await modem.recover(
                    give_up=give_up, restart=restart, note=lambda rung: tell(f"recovery: {rung}")
                )
            finally:
                climbed = modem.climbed
                known(recovery=described(climbed))
        say(_summary(climbed))
        if as_json:
            print_object({"port": port, "recovery": described(climbed)})
        return 0

    finish(run(work(), trace))


def described(climbed: "Sequence[Climbed]") -> list[dict[str, object]]:
    """For `--json`."""
    return [
        {
            "rung": rung.rung,
            "seconds": round(rung.seconds, 3),
            "failure": rung.failure,
            "helped": rung.helped,
        }
        for rung in climbed
    ]


def _summary(climbed: "Sequence[Climbed]") -> str:
    if not climbed:
        return "the module is on the network; there was nothing to recover"
    last = climbed[-1]
    rungs = f"after {len(climbed)} rungs"
    if not last.helped:
        return f"the module is on the network by itself, {rungs} that did not help"
    return f"{last.rung} helped" if len(climbed) == 1 else f"{last.rung} helped, {rungs}"
