"""What is done in an hour of the line: the same each hour, in another order."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import Connect, ConnectFail, ConnectOk, Registration
from atwin.control.socket import control_socket
from atwin.control.state import state
from atwin.control.subject import Subject
from atwin.disk.json_lines import JsonLines
from atwin.host.errors import HostError, ServerError
from atwin.host.http.redirects import RedirectError
from atwin.host.recovery.recovery import Retry
from atwin.trace.pcap.capture import Capture
from atwin.trace.trace import FORMAT
from prove.soaking.life import ECHO, ELSEWHERE, PART, PLAIN, SECRET, SECURE, SHORT, SMALL, TAMPERED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from atwin.host.download.order import Strategy
    from atwin.host.download.reports import DownloadResult, Progress
    from atwin.host.http.request import PostStrategy
    from prove.soaking.life import Life

HOUR = 3600.0
#: Seconds of line time that a job may take, and at least so many lie between two.
LONGEST, GAP = 1800.0, 20.0
#: URCs and faults at the end of an hour, which fill the tables that remember the last ones.
FILLING = 30
#: Seconds of a quiet line at the end of an hour, at least.
REST = 300.0
#: What goes wrong once an hour, each while a file comes; all of them have an end.
FAULTS: tuple[dict[str, object], ...] = (
    {"kind": "pdp_loss", "at_byte": 700, "at_action": 4},
    {"kind": "pdp_loss", "seconds": 40, "at_action": 2},
    {"kind": "reset_connection", "at_action": 3, "after": 700},
    {"kind": "stall", "at_action": 3, "after": 700},
    {"kind": "truncate", "at_action": 3, "after": 700},
    {"kind": "dns_failure", "count": 2},
    {"kind": "connect_refused", "count": 1},
    {"kind": "lost_bytes", "bytes": 40, "after": 9000},
    {"kind": "urc_interleave", "count": 3},
    {"kind": "radio_gone", "seconds": 30},
    {"kind": "restart", "at_command": "AT+HTTPREAD", "nth": 3},
    {"kind": "hang", "at_command": "AT+HTTPREAD", "nth": 2},
    {"kind": "hang", "until": "power", "at_action": 2},
    {"kind": "pool_full", "seconds": 3},
)


Job = tuple[str, "Callable[[], Awaitable[None]]"]


class JobError(Exception):
    """A job came to something else than it must."""


def jobs(here: Life) -> list[Job]:
    """What is done without a fault, with a name for each."""
    each: dict[str, Callable[[Life], Awaitable[None]]] = {
        "parts": partial(download, strategy="range"),
        "whole": partial(download, strategy="auto"),
        "get": get,
        "head": head,
        "post": post,
        "tls": partial(get, base=SECURE),
        "link": link,
        "sleep": sleep,
        "restart": restart,
        "second port": second_port,
        "script": script,
        "control": control,
        "recorded": recorded,
        "refused": refused,
        "damaged": damaged,
        "aside": aside,
        "in order": in_order,
        "hidden": hidden,
        "stopped": stopped,
        "flooded": flooded,
        "led away": led_away,
        "tampered": partial(spoiled, url=f"https://{TAMPERED}/small"),
        "short": partial(spoiled, url=f"http://{SHORT}/"),
    }
    if here.streams:
        each |= {"stream": partial(download, strategy="stream")}
        each |= {"streamed post": partial(post, strategy="stream")}
    return [(name, partial(job, here)) for name, job in each.items()]


async def hour(here: Life) -> None:
    """One hour of work, and the rest of it idle. Raises `JobError`.

    First everything by chance, with faults; then a new start of the module and each job once more
    in the same order, so that each hour ends in the same state.
    """
    ends = here.clock.now() + HOUR
    todo = jobs(here) + [_faulty(here, fault) for fault in FAULTS]
    here.dice.shuffle(todo)
    await _do_all(here, [*todo, ("restart", partial(restart, here))])
    await one_run(here)
    await here.clock.sleep(max(ends - here.clock.now(), 0.0))


async def one_run(here: Life) -> None:
    """Each job once in a run of the module, and some minutes idle. Raises `JobError`.

    What lives as long as the run must not grow from one of these to the next either.
    """
    await _do_all(here, [job for job in jobs(here) if job[0] != "restart"])
    for _ in range(FILLING):
        here.twin.urc("+CREG: 1")
        here.break_it(kind="weak_signal", seconds=0.5)
        await here.clock.sleep(1)
    here.forget()
    await here.clock.sleep(REST)


async def idle_hour(here: Life) -> None:
    """Nothing but a URC each minute. Raises `JobError` when one is not heard."""
    before = here.urcs
    for _ in range(60):
        here.twin.urc("+CREG: 1")
        await here.clock.sleep(60)
    _same(here.urcs - before, 60)


async def _do_all(here: Life, todo: Iterable[Job]) -> None:
    for name, job in todo:
        await _do(name, job)
        here.twin.urc("+CREG: 1")
        await here.clock.sleep(GAP * (1 + here.dice.random()))


async def _do(name: str, job: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(LONGEST):
            await job()
    except (JobError, HostError, TimeoutError) as error:
        raise JobError(f"{name}: {type(error).__name__}: {error}") from error


async def download(here: Life, strategy: Strategy) -> None:
    await _fetch(here, strategy)


async def _fetch(here: Life, strategy: Strategy) -> DownloadResult:
    target = here.folder / "f.bin"
    url = f"{PLAIN}/f"
    result = await here.modem.download(url, target, strategy=strategy, chunk=PART, timeout=30)
    _same(target.read_bytes(), here.content)
    target.unlink()
    return result


def _faulty(here: Life, fault: Mapping[str, object]) -> Job:
    return " ".join(map(str, fault.values())), partial(faulty, here, fault)


async def faulty(here: Life, fault: Mapping[str, object]) -> None:
    """A file comes all the same; by the ladder where need be, and not as if nothing had been."""
    here.break_it(**fault)
    result = await _fetch(here, "range")
    if "at_byte" in fault and not (result.retries and "+HTTPACTION: 0,601,0" in here.said):
        raise JobError("a request went on over a PDP that was gone")
    here.twin.faults.clear()


async def get(here: Life, base: str = PLAIN) -> None:
    response = await here.modem.get(f"{base}/small")
    _same(response.body, here.content[:SMALL])


async def head(here: Life) -> None:
    response = await here.modem.head(f"{PLAIN}/f")
    _same(response.headers.length, len(here.content))


async def refused(here: Life) -> None:
    """What is not there: the failure is told, and nothing of it stays."""
    try:
        await here.modem.download(f"{PLAIN}/nothing", here.folder / "nothing.bin")
    except ServerError:
        return
    raise JobError("a file came that is not there")


async def damaged(here: Life) -> None:
    """A host that is ended in the middle, and a disk that is not as it was left."""
    target = here.folder / "f.bin"

    def progress(event: Progress) -> None:
        if event.kept > len(here.content) / 2 and not begun.done():
            begun.cancel()

    begun = asyncio.ensure_future(
        here.modem.download(f"{PLAIN}/f", target, strategy="range", chunk=PART, progress=progress)
    )
    await asyncio.wait([begun])
    part = here.folder / "f.bin.part"
    kept = bytearray(part.read_bytes())
    kept[9] ^= 1
    part.write_bytes(kept)
    await _fetch(here, "range")


async def aside(here: Life) -> None:
    """A URC and an echo inside of an answer are known as such, and no lines of the answer."""
    await _ask(here, "ATE1")
    here.break_it(kind="urc_interleave", text="SMS READY")
    reply = await here.modem.command("AT+CSQ")
    _same((len(reply.lines), reply.echoed, here.said[-1]), (1, True, "SMS READY"))
    await _ask(here, "ATE0")


async def in_order(here: Life) -> None:
    """Two URCs that nobody waited for are told as they came."""
    here.modem.channel.forget(Registration)
    for stat in (2, 1):
        here.twin.urc(f"+CREG: {stat}")
    await here.clock.sleep(5)
    said = [str(await here.modem.channel.urc(Registration, timeout=1)) for _ in range(2)]
    _same(said, ["+CREG: 2", "+CREG: 1"])


async def hidden(here: Life) -> None:
    """The password of a URL is in no trace, and not in the state."""
    set_url = f'AT+HTTPPARA="URL","http://user:{SECRET}@files.example/small?token={SECRET}"'
    for line in ("AT+HTTPINIT", set_url):
        await _ask(here, line)
    _same((SECRET in json.dumps(state(here.twin)), here.tells_secret), (False, False))
    await _ask(here, "AT+HTTPTERM")


async def stopped(here: Life) -> None:
    """After XOFF the module says nothing until XON."""
    port, before = here.modem.channel.port, here.urcs
    await _ask(here, "AT+IFC=1,1")
    for byte, heard in ((b"\x13", 0), (b"\x11", 1)):
        port.write(byte)
        await here.clock.sleep(1)
        if not heard:
            here.twin.urc("+CREG: 1")
            await here.clock.sleep(5)
        _same(here.urcs - before, heard)
    await _ask(here, "AT+IFC=2,2")


async def flooded(here: Life) -> None:
    """More is typed than the module holds while a command runs: CTS stops the host."""
    uart = here.twin.module.hardware.uart
    lost = uart.lost_bytes
    here.twin.answer("AT+SLOW", result="OK", delay=10, times=1)
    here.modem.channel.send_raw(b"AT+SLOW\r" + b"AT\r" * 2000)
    await here.clock.sleep(30)
    await here.modem.channel.synchronise()
    here.twin.answers.clear()
    here.said.clear()
    _same(uart.lost_bytes - lost, 0)


async def led_away(here: Life) -> None:
    """To another server, without the password; or not at all."""
    with suppress(RedirectError):
        await here.modem.get(f"{PLAIN}/away", headers={"Authorization": "Bearer 4711"})
    for asked in here.origin.log[-2:]:
        if (asked.get(b"host") or b"").startswith(ELSEWHERE.encode()):
            _same(asked.get(b"authorization"), None)


async def spoiled(here: Life, url: str) -> None:
    """What comes is not what was sent, and not taken."""
    try:
        await here.modem.get(url, retry=Retry(attempts=1))
    except HostError:
        return
    raise JobError(f"{url} was taken")


async def post(here: Life, strategy: PostStrategy = "buffer") -> None:
    body = here.dice.randbytes(2000)
    response = await here.modem.post(f"{PLAIN}/post", body, strategy=strategy)
    _same((response.status, here.sink.bodies[-1]), (200, body))


async def link(here: Life) -> None:
    """A TCP link: open, some packets there and back, closed."""
    modem = here.modem
    for line in ("AT+CIPSHUT", "AT+CIPMUX=1", "AT+CSTT", "AT+CIICR", "AT+CIFSR"):
        await _ask(here, line)
    await _ask(here, f'AT+CIPSTART=0,"TCP","{ECHO}",7')
    came = await modem.channel.urc(ConnectOk, ConnectFail, Connect, timeout=80)
    if isinstance(came, ConnectFail):
        raise JobError("no connection")
    here.echoed.clear()
    sent = b""
    for _ in range(3):
        piece = here.dice.randbytes(500)
        sent += piece
        await modem.command(f"AT+CIPSEND=0,{len(piece)}", data=piece)
        await here.clock.sleep(1)
    _same(bytes(here.echoed), sent)
    await _ask(here, "AT+CIPCLOSE=0")
    await _ask(here, "AT+CIPSHUT")


async def sleep(here: Life) -> None:
    """The module goes to sleep, a URC comes, the host wakes it."""
    await _ask(here, "AT+CSCLK=2")
    await here.clock.sleep(60)
    before = here.urcs
    here.twin.urc('+CMTI: "SM",1')
    await here.clock.sleep(30)
    _same(here.urcs - before, 1)
    await _ask(here, "AT+CSCLK=0")


async def restart(here: Life) -> None:
    """AT+RESET, and up again."""
    await here.modem.recover(restart=True)


async def second_port(here: Life) -> None:
    lines, result = await here.twin.at("AT+CSQ")
    _same((len(lines), result), (1, "OK"))


async def script(here: Life) -> None:
    """A scripted answer and a scripted URC, and no more of either."""
    here.twin.answer("AT+CSQ", ["+CSQ: 7,99"], times=1)
    here.twin.urc("+CREG: 1", command="AT+CGATT?", times=1)
    reply = await here.modem.command("AT+CSQ")
    _same(reply.value("+CSQ"), "7,99")
    await here.modem.command("AT+CGATT?")
    here.twin.answers.clear()


async def control(here: Life) -> None:
    """A program comes by the control socket, asks in lines, and goes; the panel looks as well."""
    path = here.folder / "control"
    async with control_socket(str(path), Subject("soak", "memory", twin=here.twin)):
        reader, writer = await asyncio.open_unix_connection(path)
        for request in ({"get": "state"}, {"get": "traffic"}, {"watch": "ri"}, {"at": "AT+CSQ"}):
            writer.write(json.dumps(request).encode() + b"\n")
            _same(json.loads(await reader.readline())["ok"], True)
        writer.close()
        await writer.wait_closed()
    await here.subject.state()


async def recorded(here: Life) -> None:
    """A trace in a file and a capture, of a request by TLS; then both are put away."""
    file, capture = here.folder / "trace", Capture(len, began=here.trace.began, program="soak")
    with closing(JsonLines(str(file), FORMAT)) as lines:
        here.trace.add(lines.append)
        here.trace.raw.add(capture)
        await get(here, SECURE)
        here.trace.remove(lines.append)
        here.trace.raw.remove(capture)
        capture.end()
    if not file.stat().st_size:
        raise JobError("nothing in the trace")
    for left in here.folder.glob("trace*"):
        left.unlink()


async def _ask(here: Life, line: str) -> None:
    reply = await here.modem.command(line, timeout=90)
    if not (reply.ok or reply.final.text.endswith(" OK") or reply.lines):
        raise JobError(f"{line}: {reply.final.text}")


def _same(came: object, must: object) -> None:
    if came != must:
        raise JobError(f"came {str(came)[:200]}, must be {str(must)[:200]}")
