"""`atwin traffic`: what a task costs, as the operator counts it."""

import click

from atwin.cli.commands.traffic.options import ONLY_WITH, TrafficOptions
from atwin.cli.ending import DONE
from atwin.cli.options import JSON, WATCHING, Watching, takes


@click.command()
@takes(TrafficOptions)
@JSON
@WATCHING
@click.pass_context
def traffic(
    context: click.Context, options: TrafficOptions, as_json: bool, watching: Watching
) -> int:
    """Estimate or measure what traffic costs.

    Operators count IP packets. Headers, ACKs, connections and TLS weigh more than a small payload.
    An estimate follows the operator's rules. A measurement runs a command. It counts the packets of
    this computer, by its kernel on Linux, and says what a module's TCP would have sent instead; on
    a real module it reads AT^DATAINFO. Measuring `get` keeps no file unless COMMAND names one with
    -o.

    \b
    Examples:
      atwin traffic --post 10 --times 100
      atwin traffic --get 12M --part 300K --tls --price-per-mb 0.5
      atwin traffic --heartbeat 2:2 --interval 60
      atwin traffic --run "get http://example.org/firmware.bin" --json
    """
    from atwin.cli.commands.traffic.report import show

    way = options.way()
    _refuse_what_is_ignored(context, way)
    if (watched := watching.words()) and options.run is None:
        raise click.UsageError(f"{watched[0]}: an estimate does nothing that could be traced")
    code = DONE
    if options.run is not None:
        from atwin.cli.commands.traffic.measure import measure

        report, code = measure(options.run, options.port, options.times, watched)
    else:
        from atwin.cli.commands.traffic.task import ESTIMATES

        report = ESTIMATES[way](options)
    show(report, options, as_json=as_json)
    return code


def _refuse_what_is_ignored(context: click.Context, way: str) -> None:
    for name, ways in ONLY_WITH.items():
        source = context.get_parameter_source(name)
        if way not in ways and source is click.core.ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is for {' and '.join(ways)}, not for {way}")
