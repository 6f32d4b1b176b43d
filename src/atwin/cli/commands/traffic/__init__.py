"""`atwin traffic`: what a task costs, as the operator counts it."""

from typing import Annotated

import typer

from atwin.cli.options.inputs import no_nan
from atwin.cli.options.shared import DEFAULT_PORT, Json, Port, TraceFile

#: The options that belong to some of the ways to ask, and to which.
_BOTH = ("--get", "--post")
_ONLY_WITH = {
    "url": _BOTH,
    "answer": ("--post",),
    "answer_head": _BOTH,
    "part": ("--get",),
    "bare": ("--get",),
    "model": _BOTH,
    "port": ("--run",),
    "tls": _BOTH,
    "suite": _BOTH,
    "chain": _BOTH,
    "client_chain": _BOTH,
    "keep_alive": _BOTH,
    "dns": _BOTH,
}


def traffic(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help='Measure: run it, such as "get URL", and count.'),
    ] = None,
    get: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Estimate `atwin get` of so many bytes.")
    ] = None,
    post: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Estimate a POST of so many bytes.")
    ] = None,
    heartbeat: Annotated[
        str | None,
        typer.Option(
            metavar="UP[:DOWN]", help="Estimate messages of these bytes on an open TCP connection."
        ),
    ] = None,
    times: Annotated[
        int,
        typer.Option(
            min=1, max=1_000_000_000, metavar="N", help="How often; --run runs once all the same."
        ),
    ] = 1,
    interval: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=31_622_400,
            callback=no_nan,
            metavar="SECONDS",
            help="From one time to the next.",
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Whose request to count; https:// means --tls."),
    ] = None,
    answer: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Body of the answer to a POST (2 bytes).")
    ] = None,
    answer_head: Annotated[
        int | None,
        typer.Option(
            min=15,
            max=65_536,
            metavar="BYTES",
            help="Header of an answer: 245 for --get, 38 for --post.",
        ),
    ] = None,
    part: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Parts of --get; else what suits --model.")
    ] = None,
    bare: Annotated[
        bool, typer.Option("--bare", help="--get is the GET alone, without the HEAD before it.")
    ] = False,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="The module that does it.")
    ] = "air724ug",
    tls: Annotated[bool, typer.Option("--tls", help="Over HTTPS.")] = False,
    suite: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="The cipher suite that is agreed on (0x0035)."),
    ] = None,
    chain: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES[,BYTES]",
            help="The server's certificates (1500,1200); `atwin probe` tells their size.",
        ),
    ] = None,
    client_chain: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES[,BYTES]",
            help="The module's own certificates, if the server asks for them.",
        ),
    ] = None,
    keep_alive: Annotated[
        int,
        typer.Option(
            min=1,
            max=10_000,
            metavar="N",
            help="Requests on one connection; a module's own HTTP makes 1.",
        ),
    ] = 1,
    dns: Annotated[
        bool, typer.Option("--dns", help="Count the question for the server's name as well.")
    ] = False,
    price_per_mb: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1_000_000_000,
            callback=no_nan,
            metavar="PRICE",
            help="Of 1,048,576 bytes, in any currency.",
        ),
    ] = None,
    port: Port = DEFAULT_PORT,
    as_json: Json = False,
    trace: TraceFile = None,
) -> None:
    """Tell what traffic costs: estimated, or measured while a command runs.

    Operators count IP packets: headers, ACKs, connections and TLS weigh more than a small
    payload. An estimate follows their rules. A measurement counts the packets of this computer,
    by its kernel on Linux, and says what a module's TCP would have made of them; on a real
    module it reads AT^DATAINFO. Measuring `get` keeps no file unless COMMAND names one with -o.

    \b
    Examples:
      atwin traffic --post 10 --times 100
      atwin traffic --get 12M --part 300K --tls --price-per-mb 0.5
      atwin traffic --heartbeat 2:2 --interval 60
      atwin traffic --run "get http://example.org/firmware.bin" --json
    """
    from atwin.cli.commands.traffic.report import Plan, show
    from atwin.cli.running import finish

    asked = [name for name, value in
             (("--run", run), ("--get", get), ("--post", post), ("--heartbeat", heartbeat))
             if value is not None]  # fmt: skip
    if len(asked) != 1:
        what = f"{' and '.join(asked)}: " if asked else ""
        raise typer.BadParameter(f"{what}one of --run, --get, --post and --heartbeat is wanted")
    _refuse_what_is_ignored(context, asked[0])
    if trace is not None and run is None:
        raise typer.BadParameter("--trace: an estimate does nothing that could be traced")
    plan = Plan(times, interval, price_per_mb)
    code = 0
    if run is not None:
        from atwin.cli.commands.traffic.measure import measure

        report, code = measure(run, port, times, trace)
    else:
        from atwin.cli.commands.traffic import task

        server = task.Server(url, answer, answer_head, tls, suite, chain, client_chain, dns)
        if heartbeat is not None:
            report = task.estimate_heartbeat(heartbeat, times)
        elif post is not None:
            report = task.estimate_post(post, times, keep_alive, server, model)
        else:
            download = task.Download(part, bare, model)
            report = task.estimate_get(get or "", times, keep_alive, server, download)
    show(report, plan, as_json=as_json)
    finish(code)


def _refuse_what_is_ignored(context: typer.Context, asked: str) -> None:
    for name, ways in _ONLY_WITH.items():
        source = context.get_parameter_source(name)
        if asked not in ways and source is not None and source.name == "COMMANDLINE":
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"{option} is for {' and '.join(ways)}, not for {asked}")
