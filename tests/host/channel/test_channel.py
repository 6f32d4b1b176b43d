"""The channel: one command at a time, URCs that are never lost, resynchronising."""

from __future__ import annotations

import asyncio

import pytest

from atwin.at.dialect.urcs import HttpAction, HttpExGetReady, Ready
from atwin.at.events import Final
from atwin.at.lenient import lenient
from atwin.clock import LoopClock, run_virtual
from atwin.host.channel.channel import Channel, LogEntry
from atwin.host.channel.exchange import Reply, Timeout
from atwin.host.channel.urcs import URC_BACKLOG
from atwin.host.errors import LineLostError, ModuleSilentError
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import FakeModule


def bench() -> tuple[Channel, FakeModule]:
    near, far = memory_pair()
    return Channel(near), FakeModule(far)


def test_answer_lines_and_body() -> None:
    async def main() -> None:
        channel, module = bench()
        module.buffer = b"Hello LuatOS!!!"
        counts: list[int] = []
        reply = await channel.command("AT+HTTPREAD", progress=counts.append)
        assert (reply.ok, reply.body, reply.lines) == (True, b"Hello LuatOS!!!", ("+HTTPREAD: 15",))
        assert counts[-1] == 15
        refused = await channel.command("AT+NOSUCH")
        assert (refused.ok, refused.final.text, refused.body) == (False, "ERROR", None)

    run_virtual(main())


def test_the_line_that_was_asked_for_is_found_among_others() -> None:
    final = Final("OK", ok=True)
    reply = Reply(("Call Ready", "+CPINX: 3", "+cpin :  READY ", "+CPIN: SIM PIN"), final)
    assert reply.value("+CPIN") == "READY"
    assert reply.value("+CSQ") is None
    match = reply.match(lenient(r"\+CPINX: (\d+)"))
    assert match is not None
    assert match[1] == "3"
    assert reply.match(lenient(r"\+CPIN: (\d+)")) is None
    assert reply.told == "Call Ready / +CPINX: 3 / +cpin :  READY "
    assert Reply((), final).told == "OK"
    assert len(Reply(("x" * 8000,), final).told) < 300


def test_command_that_is_not_ascii() -> None:
    async def main() -> None:
        channel, module = bench()
        module.instead["AT+HTTPPARA"] = b"\r\nOK\r\n"
        texts: list[str] = []
        channel.on_urc(lambda text, urc: texts.append(text))
        assert (await channel.command('AT+HTTPPARA="URL","http://x/\u4e2d\u56fd"')).ok
        assert module.heard[0].encode("latin-1").decode() == (
            'AT+HTTPPARA="URL","http://x/\u4e2d\u56fd"'
        )
        assert texts == [], "its echo is known as such"

    run_virtual(main())


def test_commands_wait_for_each_other() -> None:
    async def main() -> None:
        channel, module = bench()
        replies = await asyncio.gather(*(channel.command("AT+CSQ") for _ in range(5)))
        assert [r.value("+CSQ") for r in replies] == ["22,0"] * 5
        assert module.heard == ["AT+CSQ"] * 5

    run_virtual(main())


def test_urc_that_came_before_anyone_waited() -> None:
    async def main() -> None:
        channel, module = bench()
        module.say("+HTTPEXGET")
        module.say("+HTTPACTION: 0,200,1")
        await channel.command("AT")
        assert await channel.urc(HttpAction, timeout=1) == HttpAction(0, 200, 1)
        assert await channel.urc(HttpAction, HttpExGetReady, timeout=1) == HttpExGetReady()
        with pytest.raises(Timeout, match=r"no \+HTTPACTION within 7 s"):
            await channel.urc(HttpAction, timeout=7)

    run_virtual(main())


def test_forgotten_and_surplus_urcs() -> None:
    async def main() -> None:
        channel, module = bench()
        for number in range(URC_BACKLOG + 10):
            module.say(f"+HTTPACTION: 0,200,{number}")
        await channel.command("AT")
        assert await channel.urc(HttpAction, timeout=1) == HttpAction(0, 200, 10)
        channel.forget(HttpAction)
        with pytest.raises(Timeout):
            await channel.urc(HttpAction, timeout=1)

    run_virtual(main())


def test_data_phase() -> None:
    async def main() -> None:
        channel, module = bench()
        data = b"\n" + bytes(range(256)) * 40
        sent: list[int] = []
        reply = await channel.command_with_data(
            f"AT+HTTPDATA={len(data)},10000", data, progress=sent.append
        )
        assert reply.ok
        assert module.buffer == data
        assert sent[-1] == len(data)
        refused = await channel.command_with_data("AT+HTTPDATA=999999,1", b"x")
        assert refused.final.code == 53

    run_virtual(main())


@pytest.mark.parametrize("hears", ["log", "urc"])
def test_a_listener_that_fails_costs_no_answer_and_no_urc(hears: str) -> None:
    reported: list[str] = []

    def fail(*heard: object) -> None:
        raise KeyError(len(heard))

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(repr(context["exception"]))
        )
        near, far = memory_pair()
        channel = Channel(near)
        far.start(Silent())
        if hears == "log":
            channel.on_log(fail)
        else:
            channel.on_urc(fail)
        asyncio.get_running_loop().call_later(
            1.0, far.write, b"\r\n+HTTPACTION: 0,200,5\r\n\r\nOK\r\n"
        )
        assert (await channel.command("AT")).ok
        assert (await channel.urc(HttpAction, timeout=1.0)).status == 200

    run_virtual(main())
    assert reported == ([repr(KeyError(1))] * 3 if hears == "log" else [repr(KeyError(2))])


def test_late_answer_is_not_taken_for_the_next_ones() -> None:
    async def main() -> None:
        channel, module = bench()
        module.instead["AT+CSQ"] = None
        with pytest.raises(Timeout, match="nothing in 9 s"):
            await channel.command("AT+CSQ")
        # The late answer comes while the channel resynchronises.
        loop = asyncio.get_running_loop()
        for seconds in (0.0, 0.1, 0.25):
            loop.call_later(seconds, module.say, "+CSQ: 1,1\r\n\r\nOK")
        reply = await channel.command("AT+CGATT?")
        assert reply.lines == ("+CGATT: 1",)

    run_virtual(main())


def test_short_body_is_told_and_the_line_recovers() -> None:
    async def main() -> None:
        channel, module = bench()
        module.buffer = bytes(5000)
        module.spoil.append(lambda output: output[:3000])
        with pytest.raises(Timeout, match=r"only 2981 of 5000 announced bytes in 9 s"):
            await channel.command("AT+HTTPREAD")
        reply = await channel.command("AT+HTTPREAD")
        assert reply.body == bytes(5000)

    run_virtual(main())


@pytest.mark.parametrize(
    ("command", "said", "told"),
    [
        ("AT+HTTPREAD", b"\r\n+HTTPREAD: 5\r\nhello\r\n", "all 5 announced bytes and no result in"),
        ("AT+HTTPDATA=5,1000", b"\r\nDOWNLOAD\r\n", "the prompt for data and no result in"),
        ("AT+FSWRITE=a,0,5,5", b"\r\n>", "the prompt for data and no result in"),
        ("AT+CSQ", b"\r\n+CSQ: 1,1\r\n", r"\+CSQ: 1,1 in"),
    ],
)
def test_a_result_that_does_not_come_is_told_with_what_came(
    command: str, said: bytes, told: str
) -> None:
    async def main() -> None:
        near, far = memory_pair()
        channel = Channel(near)
        far.start(Silent())
        asyncio.get_running_loop().call_later(1.0, far.write, said)
        with pytest.raises(Timeout, match=f"^{told} 9 s"):
            await channel.command(command)

    run_virtual(main())


def test_slow_body_may_take_longer_than_the_timeout() -> None:
    async def main() -> None:
        near, far = memory_pair()
        channel = Channel(near)
        far.start(Silent())
        task = asyncio.create_task(channel.command("AT+HTTPREAD"))
        await asyncio.sleep(1)
        far.write(b"\r\n+HTTPREAD: 300\r\n")
        for _ in range(30):
            await asyncio.sleep(5)
            far.write(bytes(10))
        far.write(b"\r\nOK\r\n")
        assert (await task).body == bytes(300)
        assert LoopClock().now() > 150

    run_virtual(main())


def test_module_that_stops_taking_data() -> None:
    class Stuck:
        """A port whose far side never takes anything after the prompt."""

        name = "stuck"

        def start(self, receiver: Channel) -> None:
            self.receiver = receiver

        def write(self, data: bytes | bytearray | memoryview) -> None:
            if bytes(data).startswith(b"AT+HTTPDATA"):
                loop = asyncio.get_running_loop()
                loop.call_soon(self.receiver.received, b"\r\nDOWNLOAD\r\n")

        async def drain(self) -> None:
            await asyncio.Event().wait()

        async def close(self) -> None:
            pass

    async def main() -> None:
        channel = Channel(Stuck())  # type: ignore[arg-type]
        with pytest.raises(Timeout, match="in 20 s"):
            await channel.command_with_data("AT+HTTPDATA=3,1000", b"abc", data_timeout=20)
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


def test_cancelled_command_leaves_a_usable_channel() -> None:
    async def main() -> None:
        channel, module = bench()
        module.instead["AT+SLOW"] = None
        task = asyncio.create_task(channel.command("AT+SLOW"))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, module.say, "ERROR")
        assert (await channel.command("AT+CSQ")).value("+CSQ") == "22,0"

    run_virtual(main())


class Silent:
    def received(self, data: bytes) -> None:
        pass

    def lost(self, reason: str | None) -> None:
        pass


def test_silent_module() -> None:
    async def main() -> None:
        near, far = memory_pair("COM7")
        far.start(Silent())
        channel = Channel(near)
        with pytest.raises(
            ModuleSilentError, match=r"no answer to AT on COM7 in 20 tries.*nothing"
        ):
            await channel.synchronise()
        assert LoopClock().now() == pytest.approx(10)

    run_virtual(main())


def test_garbage_is_told() -> None:
    class Noise(Silent):
        def received(self, data: bytes) -> None:
            far.write(b"\x00\xfe\xff" * 5)

    near, far = memory_pair()

    async def main() -> None:
        far.start(Noise())
        with pytest.raises(ModuleSilentError, match=r"45 bytes that are not an answer.*baud rate"):
            await Channel(near).synchronise(attempts=3)

    run_virtual(main())


def test_lost_line_ends_everything() -> None:
    async def main() -> None:
        channel, module = bench()
        module.instead["AT+X"] = None
        command = asyncio.create_task(channel.command("AT+X"))
        urc = asyncio.create_task(channel.urc(HttpAction, timeout=60))
        await asyncio.sleep(1)
        await module.port.close()
        for task in (command, urc):
            with pytest.raises(LineLostError, match="memory is gone"):
                await task
        with pytest.raises(LineLostError):
            await channel.command("AT")
        with pytest.raises(LineLostError):
            await channel.urc(HttpAction, timeout=1)

    run_virtual(main())


def test_log_has_both_directions_with_bodies_shortened() -> None:
    async def main() -> None:
        channel, module = bench()
        entries: list[LogEntry] = []
        stop = channel.on_log(entries.append)
        module.buffer = bytes(1000)
        await channel.command("AT+HTTPREAD")
        module.say("+CGEV: ME DETACH")
        await channel.command_with_data("AT+HTTPDATA=3,1000", b"abc")
        assert [f"{e.direction} {e.text}" for e in entries] == [
            "> AT+HTTPREAD",
            "< +HTTPREAD: 1000",
            "< (1000 bytes)",
            "< OK",
            "> AT+HTTPDATA=3,1000",
            "< +CGEV: ME DETACH",
            "< DOWNLOAD",
            "> (3 bytes)",
            "< OK",
        ]
        stop()
        await channel.command("AT")
        assert len(entries) == 9

    run_virtual(main())


def test_unknown_lines_reach_whoever_listens() -> None:
    async def main() -> None:
        channel, module = bench()
        texts: list[str] = []
        stop = channel.on_urc(lambda text, urc: texts.append(text))
        module.say("^MODE: 17,17")
        await channel.command("AT")
        stop()
        module.say("RDY")
        await channel.command("AT")
        assert texts == ["^MODE: 17,17"]

    run_virtual(main())


@pytest.mark.parametrize(
    ("said", "starts"),
    [
        ([(0, "^boot.rom'v!\\n"), (0.5, "RDY"), (0.7, "RDY")], 1),
        ([(0, "^boot.rom'v!\\n"), (0.5, "RDY"), (0.7, "RDY"), (0.7, "RDY")], 2),
        ([(0, "^boot.rom'v!\\n"), (0.5, "RDY"), (0.7, "^boot.rom'v!\\n"), (0.1, "RDY")], 2),
        ([(0, "^boot.rom'v!\\n"), (0.5, "RDY"), (2.1, "RDY")], 2),
        # A module without a banner, or one whose banner nobody heard.
        ([(0, "RDY"), (0.7, "RDY")], 2),
    ],
)
def test_a_second_rdy_of_one_start_is_no_restart(
    said: list[tuple[float, str]], starts: int
) -> None:
    async def main() -> None:
        channel, module = bench()
        texts: list[str] = []
        channel.on_urc(lambda text, urc: texts.append(text))
        for pause, text in said:
            await asyncio.sleep(pause)
            module.say(text)
        await asyncio.sleep(0)
        assert channel.restarts == starts
        assert texts == [text for _, text in said]
        for _ in range(starts):
            await channel.urc(Ready, timeout=1)
        with pytest.raises(Timeout):
            await channel.urc(Ready, timeout=1)

    run_virtual(main())


def test_failing_progress_function_fails_its_command() -> None:
    def broken(count: int) -> None:
        raise ValueError("broken")

    async def main() -> None:
        channel, module = bench()
        module.buffer = b"abc"
        with pytest.raises(ValueError, match="broken"):
            await channel.command("AT+HTTPREAD", progress=broken)
        assert (await channel.command("AT")).ok

    run_virtual(main())
