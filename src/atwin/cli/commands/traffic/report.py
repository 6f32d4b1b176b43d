"""What a task costs, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click

from atwin.cli.ending import print_object
from atwin.cli.figures.tables import Bars, Column, duration, table
from atwin.cli.says import one_line
from atwin.net.meter.bill import KINDS
from atwin.plan.paper import TIMES

if TYPE_CHECKING:
    from atwin.cli.commands.traffic.options import TrafficOptions
    from atwin.net.meter.bill import Bill, Count
    from atwin.plan.paper import Times

_DAY = 86_400
_MONTH_DAYS = 30
#: What operators call a megabyte and a gigabyte.
_MB, _GB = 1 << 20, 1 << 30
#: Seconds below which a part of the time is not shown.
_SHORT = 0.005
_WAYS = ("up", "down")
#: Widest bar, in characters, and requests listed one by one.
_BAR = 24
_LISTED = 12


@dataclass(frozen=True)
class Report:
    """`count` is of the task done `times` times; a real module has only two totals."""

    #: "estimate" or "measure".
    mode: str
    task: str
    times: int
    count: Count | None = None
    module: tuple[int, int] | None = None
    #: What each request of a measured task cost.
    requests: list[tuple[str, Count]] = field(default_factory=list)
    #: Of the task done once; None where that is not known.
    times_of_one: Times | None = None
    assumed: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    #: What the measured command ended with, if not well: a line, and its exit code.
    failure: tuple[str, int] | None = None

    @property
    def bill(self) -> Bill | None:
        """What is shown: the operator's rules in an estimate, the wire in a measurement."""
        if self.count is None:
            return None
        return self.count.operator if self.mode == "estimate" else self.count.wire

    @property
    def total(self) -> int:
        """Bytes of what is shown."""
        if self.module is not None:
            return sum(self.module)
        return self.bill.total if self.bill else 0

    @property
    def billed(self) -> int:
        """Bytes that are paid for: a module sends no time stamps, as this computer does."""
        return self.total if self.count is None else self.count.operator.total

    def a_day(self, options: TrafficOptions) -> float | None:
        """`billed` bytes a day, when it is known how often."""
        return (
            None if options.interval is None else self.billed / self.times * _DAY / options.interval
        )


def show(report: Report, options: TrafficOptions, *, as_json: bool) -> None:
    """Print it on stdout."""
    if as_json:
        print_object(_described(report, options))
        return
    often = f", {options.times:,} times" if options.times > 1 else ""
    if options.interval is not None:
        often += f", every {options.interval:g} s"
    click.echo(one_line(f"{report.mode.capitalize()}: {report.task}{often}"))
    if report.bill is not None:
        click.echo(f"{_who(report)}\n")
        click.echo(bill_table(report.bill))
    for line in _lines(report, options):
        click.echo(one_line(line))


def _described(report: Report, options: TrafficOptions) -> dict[str, object]:
    told: dict[str, object] = {
        "mode": report.mode,
        "task": report.task,
        "times": report.times,
        "interval": options.interval,
    }
    if report.count is not None:
        told |= report.count.as_dict()
    if report.module is not None:
        up, down = report.module
        told |= {"counted_by": "module", "module": {"total": up + down, "up": up, "down": down}}
    told["total"] = report.total
    told["per_time"] = report.total / report.times
    if (one := report.times_of_one) is not None:
        told |= {"seconds": one.seconds, "times_of_one": asdict(one)}
        told |= {"line": {"baud": options.baud}, "link": asdict(options.route())}
    if (day := report.a_day(options)) is not None:
        told |= {"per_day": round(day), "per_month": round(day * _MONTH_DAYS)}
    if options.price_per_mb is not None:
        told["price"] = {
            name: amount / _MB * options.price_per_mb for name, amount in _priced(report, options)
        }
    if report.requests:
        told["requests"] = [{"name": name, **count.as_dict()} for name, count in report.requests]
    if report.failure is not None:
        told["error"], told["exit_code"] = report.failure
    return told | {"assumed": report.assumed, "advice": report.advice}


def _priced(report: Report, options: TrafficOptions) -> list[tuple[str, float]]:
    amounts = [("total", float(report.billed))]
    if (day := report.a_day(options)) is not None:
        amounts += [("per_day", day), ("per_month", day * _MONTH_DAYS)]
    return amounts


def _who(report: Report) -> str:
    if report.mode == "estimate":
        return "By the operator's rules: no TCP options, an ACK for each segment, nothing lost."
    assert report.count is not None
    return {
        "kernel": "Counted by the kernel of this computer, TCP options included.",
        "model": "Counted by the model: no connection was made, or this system does not count its"
        " packets.",
        "kernel and model": "Counted by the kernel of this computer; failed connections by the"
        " model.",
    }[report.count.counted_by]


def bill_table(bill: Bill) -> str:
    """Kind by kind, in as many columns as the terminal has room for."""
    kinds = [kind for kind in KINDS if bill.kind(kind) or kind == "payload"]
    sides = (bill.up, bill.down)
    ways = [[getattr(side, kind) for kind in kinds] + [side.total, side.packets] for side in sides]
    both = [sum(amounts) for amounts in zip(*ways, strict=True)]
    shares = [amount / (bill.total or 1) for amount in both[: len(kinds)]]
    names = [*(KINDS[kind] for kind in kinds), "IP bytes", "packets"]
    columns = [
        Column("", names, left=True),
        *(Column(way, _grouped(amounts), 2) for way, amounts in zip(_WAYS, ways, strict=True)),
        Column("both", _grouped(both)),
        Column("share", [*(f"{share:.1%}" for share in shares), "", ""], 3),
    ]
    return table(columns, Bars([*shares, 0, 0], _BAR))


def _grouped(amounts: list[int]) -> list[str]:
    return [f"{amount:,}" for amount in amounts]


def _lines(report: Report, options: TrafficOptions) -> list[str]:
    lines = [""]
    if report.module is not None:
        up, down = report.module
        lines.append(f"{up + down:,} bytes by the module's AT^DATAINFO: {up:,} up, {down:,} down")
    if report.times > 1:
        large = f" ({report.total / _GB:,.1f} GB of {_GB:,} bytes)" if report.total >= _GB else ""
        each = report.total / report.times
        lines.append(f"{each:,.0f} bytes each time, {report.total:,} in all{large}")
    if report.count is not None:
        lines.append(_other(report, report.count))
    if (one := report.times_of_one) is not None:
        lines.append(f"{duration(one.seconds)} each time: {time_in_words(one)}")
    if (day := report.a_day(options)) is not None:
        lines.append(
            f"{day:,.0f} bytes a day, {day * _MONTH_DAYS:,.0f} in {_MONTH_DAYS} days"
            f" ({day * _MONTH_DAYS / _MB:,.1f} MB of 1,048,576 bytes)"
        )
    if options.price_per_mb is not None:
        names = {"total": "in all", "per_day": "a day", "per_month": f"in {_MONTH_DAYS} days"}
        prices = ", ".join(
            f"{amount / _MB * options.price_per_mb:,.4f} {names[name]}"
            for name, amount in _priced(report, options)
        )
        lines.append(f"At {options.price_per_mb:g} a MiB: {prices}")
    lines += _requests(report)
    lines += [f"Assumed: {text}" for text in report.assumed]
    lines += ["", *(f"* {text}" for text in report.advice)] if report.advice else []
    return lines


def time_in_words(times: Times) -> str:
    """Where it goes, the largest first."""
    parts = {name: getattr(times, kind) for kind, name in TIMES.items()}
    told = sorted(parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {duration(seconds)}" for name, seconds in told if seconds >= _SHORT)


def _other(report: Report, count: Count) -> str:
    if report.mode == "estimate":
        return (
            f"This computer's TCP would send {count.wire.total:,} (time stamps in each packet,"
            " fewer ACKs): what --run measures."
        )
    return (
        f"A module's TCP, by the operator's rules: {count.operator.total:,} bytes in"
        f" {count.operator.packets:,} packets (no TCP options, an ACK for each segment)."
    )


def _requests(report: Report) -> list[str]:
    if len(report.requests) < 2:
        return []
    lines = [
        f"  {name:<18}{count.wire.total:>12,} bytes, {count.wire.kind('payload'):,} payload"
        for name, count in report.requests[:_LISTED]
    ]
    more = len(report.requests) - _LISTED
    return [*lines, f"  and {more:,} more"] if more > 0 else lines
