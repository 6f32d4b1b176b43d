"""`atwin at`: AT commands one after the other, for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from atwin.cli.options import COMMAND, JSON, WATCHING, Number, PortOptions, Watching, option, takes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.host.channel.exchange import Reply

#: Bytes of a file that is given as data.
_LARGEST_DATA = 64 << 20
#: Tries of AT before the first command, and seconds for each.
_TRIES, _GAP = 4, 0.5


@click.command()
@click.argument("words", metavar="COMMAND…", nargs=-1, required=True, type=COMMAND)
@takes(PortOptions)
@option("--keep-going", is_flag=True, help="Go on after a command that failed.")
@option(
    "--timeout",
    "deadline",
    type=Number(0.1),
    default=100.0,
    metavar="SECONDS",
    help="Give up when a command has no answer after this time.",
)
@JSON
@WATCHING
def at(
    words: tuple[str, ...],
    options: PortOptions,
    keep_going: bool,
    deadline: float,
    as_json: bool,
    watching: Watching,
) -> int:
    """Send AT commands, and print what the module answers.

    Each COMMAND is a whole line with its AT. After one that fails the rest is not sent, and the
    exit code is 1; without an answer it is 3. AT+HTTPACTION and the like end with their URC. After
    a command that asks for data, the next word is the data, and `@FILE` sends that file. Secrets
    are shown as ***.

    \b
    Examples:
      atwin at AT+CSQ --port /dev/ttyUSB0
      atwin at 'AT+CREG?' 'AT+CGATT?' --json
      atwin at AT+HTTPINIT AT+HTTPDATA=5,10000 hello
    """
    from atwin.cli.running import run_work

    steps = _steps(words)

    async def work() -> int:
        from atwin.cli.ending import known, print_object

        told: list[dict[str, object]] = []
        known(port=options.port, answers=told)
        await _send(steps, options.port, deadline, told, keep_going=keep_going, quiet=as_json)
        if as_json:
            print_object({"port": options.port, "answers": told})
        return 0

    return run_work(work(), watching)


@dataclass(frozen=True, slots=True)
class _Step:
    command: str
    data: bytes | None


def _steps(words: Sequence[str]) -> list[_Step]:
    """The commands, each with its data. Raises `click.UsageError`, which shows no secret."""
    from atwin.at.dialect.commands import expected_of
    from atwin.cli.options import read_file
    from atwin.text import masked, shown

    steps, ahead, multi = [], list(words), False
    while ahead:
        command = ahead.pop(0)
        name = shown(masked(command), limit=80)
        if command[:2].upper() != "AT" or not command.isprintable():
            raise click.UsageError(f"'{name}': give a whole command with its AT, such as AT+CSQ")
        expected = expected_of(command)
        size, end = expected.data(multi=multi) if expected.shape.prompt else (0, b"")
        multi = multi if expected.links is None else expected.links
        data = None
        if size:
            if not ahead:
                raise click.UsageError(f"'{name}' asks for data: give them after it, or @FILE")
            word = ahead.pop(0)
            is_file = word.startswith("@") and not word.startswith("@@")
            data = (
                read_file(name, word[1:], _LARGEST_DATA)
                if is_file
                else word.removeprefix("@").encode("utf-8", "surrogateescape")
            )
            if len(data) > size or (not end and len(data) < size):
                most = "at most " if end else ""
                raise click.UsageError(f"'{name}' takes {most}{size} bytes, not {len(data)}")
            data += end
        steps.append(_Step(command, data))
    return steps


async def _send(
    steps: Sequence[_Step],
    port: str,
    deadline: float,
    told: list[dict[str, object]],
    *,
    keep_going: bool,
    quiet: bool,
) -> None:
    """All of them; `told` gets the outcome of each. Raises `CommandFailed` when one was refused."""
    from atwin.at.dialect.commands import expected_of
    from atwin.cli.ending import REFUSED, CommandFailed
    from atwin.cli.module import tell, told_faults
    from atwin.host.channel.script import Script
    from atwin.session.opening import modem_on

    failed: list[str] = []
    urcs: list[str] = []

    #: What came between the result of a command and its printing.
    after: list[str] = []
    waiting = False

    async with modem_on(port, note=tell, telling=told_faults) as (modem, _):

        def heard(text: str) -> None:
            urcs.append(text)
            if waiting and not modem.channel.answering:
                after.append(text)
            elif not quiet:
                _print(text)

        modem.on_urc(heard)
        # Asleep, at another rate, or not there: that is known before anything is asked of it.
        await modem.line.find(_TRIES, _GAP, within=deadline)
        for number, step in enumerate(steps, 1):
            kinds = expected_of(step.command).shape.closing
            modem.channel.forget(*kinds)
            began = modem.clock.now()
            urcs.clear()
            waiting = True
            reply = await modem.command(step.command, timeout=deadline, data=step.data)
            answer = _answer(step.command, reply)
            told.append(answer)
            if not quiet:
                _print(*reply.lines, *_body(reply), reply.final.text, *after)
            after.clear()
            waiting = False
            if not reply.ok:
                # The command last: masking one with a secret takes the rest of the line.
                failed.append(f"{reply.final.text} for {step.command}")
            elif kinds:
                script = Script("at", modem.channel)
                script.sent = step.command
                await script.event(*kinds, deadline=deadline)
            answer |= {"urcs": [*urcs], "seconds": round(modem.clock.now() - began, 3)}
            if failed and not keep_going:
                left = len(steps) - number
                more = f"; {left} more not sent" if left else ""
                raise CommandFailed(f"the module refused{more}: {failed[0]}", REFUSED)
    if failed:
        count = f"{len(failed)} of {len(steps)}"
        raise CommandFailed(f"the module refused {count}, first {failed[0]}", REFUSED)


def _answer(command: str, reply: Reply) -> dict[str, object]:
    """For `--json`."""
    told: dict[str, object] = {
        "command": command,
        "ok": reply.ok,
        "result": reply.final.text,
        "lines": list(reply.lines),
    }
    if reply.final.code is not None:
        told["code"] = reply.final.code
    if reply.body is not None:
        from base64 import b64encode

        told["body"] = b64encode(reply.body).decode()
    return told


def _body(reply: Reply) -> list[str]:
    from atwin.cli.commands.console.readable import readable

    return [] if reply.body is None else readable(reply.body, len(reply.body))


def _print(*lines: str) -> None:
    from atwin.text import masked, shown

    for line in lines:
        print(shown(masked(line), limit=None, keep="\t"), flush=True)
