"""The synchronous facade: blocking calls, Ctrl-C, closing."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from atwin.host.errors import UsageError
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.session.blocking import SyncModem, connect
from support.modules.fake_module import FakeModule, FakeServer

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.host.channel.channel import LogEntry

URL = "http://files.example/a.bin"


class Factory:
    """Opens a port with a scripted module at the other end, inside the modem's loop."""

    def __init__(self) -> None:
        self.module: FakeModule

    async def __call__(self) -> MemoryPort:
        near, far = memory_pair()
        self.module = FakeModule(far, FakeServer(b"Hello LuatOS!!!"))
        self.module.action_seconds = 0.0
        return near


def host_threads() -> int:
    return sum(thread.name == "atwin-host" for thread in threading.enumerate())


def test_everything_from_a_plain_script(tmp_path: Path) -> None:
    factory = Factory()
    log: list[LogEntry] = []
    with connect(factory, apn="cmiot") as modem:
        modem.on_log(log.append)
        assert 'AT+SAPBR=3,1,"APN","cmiot"' in factory.module.heard
        assert modem.command("AT+CSQ").value("+CSQ") == "22,0"
        assert modem.identity().profile == "air724ug"
        assert modem.limits().post_max == 319_488
        assert modem.get(URL).body == b"Hello LuatOS!!!"
        assert modem.head(URL).headers["content-length"] == "15"
        assert modem.post(URL, b"data").status == 200
        result = modem.download(URL, tmp_path / "a.bin")
        assert result.file.read_bytes() == b"Hello LuatOS!!!"
    assert log[0].text == "AT+CSQ"
    assert host_threads() == 0


def test_urcs_from_a_plain_script() -> None:
    factory = Factory()
    heard: queue.Queue[str] = queue.Queue()
    with SyncModem(factory) as modem:
        modem.on_urc(heard.put)
        factory.module.instead["AT+COPS?"] = b"\r\n+CGREG: 1\r\n\r\n+COPS: 0\r\n\r\nOK\r\n"
        assert modem.command("AT+COPS?").value("+COPS") == "0"
        assert heard.get(timeout=20) == "+CGREG: 1"


@pytest.mark.parametrize("text", ["", "AT\r\nATI", "AT\x1a", "AT\0"])
def test_what_is_no_command_line_is_refused(text: str) -> None:
    with SyncModem(Factory()) as modem, pytest.raises(UsageError, match="is not a command line"):
        modem.command(text)


def test_errors_reach_the_caller() -> None:
    with SyncModem(Factory()) as modem, pytest.raises(UsageError, match="0 bytes"):
        modem.get("")


def test_port_that_cannot_be_opened() -> None:
    async def refuse() -> MemoryPort:
        raise OSError("no such port")

    with pytest.raises(OSError, match="no such port"):
        SyncModem(refuse)
    assert host_threads() == 0


def test_module_that_is_not_there_leaves_no_thread() -> None:
    async def silent() -> MemoryPort:
        near, _ = memory_pair()
        return near

    from atwin.host.bring_up import Patience
    from atwin.host.errors import ModuleSilentError

    with pytest.raises(ModuleSilentError):
        connect(silent, patience=Patience(probes=2, probe_gap=0.01))
    assert host_threads() == 0


def test_close_twice_and_use_after() -> None:
    modem = SyncModem(Factory())
    modem.close()
    modem.close()
    with pytest.raises(RuntimeError, match="closed"):
        modem.command("AT")


def test_ctrl_c_stops_the_call_and_the_next_one_works() -> None:
    factory = Factory()
    with SyncModem(factory) as modem:
        hanging = threading.Event()

        def hang(line: str) -> None:
            hanging.set()

        factory.module.instead["AT+HANG"] = hang

        def interrupt() -> None:
            assert hanging.wait(10)
            os.kill(os.getpid(), signal.SIGINT)

        presser = threading.Thread(target=interrupt)
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            modem.command("AT+HANG", timeout=60)
        presser.join()
        assert modem.command("AT+CSQ").value("+CSQ") == "22,0"


def test_calls_from_several_threads_take_turns() -> None:
    with SyncModem(Factory()) as modem:
        lines: list[str] = []

        def ask() -> None:
            lines.extend(modem.command("AT+CGATT?").lines)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert lines == ["+CGATT: 1"] * 8


@pytest.mark.parametrize("pauses", [0.0, 3600.0])
def test_closed_while_another_thread_is_in_a_call(pauses: float) -> None:
    waits = threading.Event()
    ended: list[BaseException] = []

    async def paused() -> None:
        waits.set()
        await asyncio.sleep(pauses)
        await asyncio.get_running_loop().create_future()

    def call() -> None:
        with pytest.raises(RuntimeError, match="this is closed") as caught:
            modem._loop.call(paused())
        ended.append(caught.value)

    modem = SyncModem(Factory())
    thread = threading.Thread(target=call)
    thread.start()
    assert waits.wait(10)
    modem.close()
    thread.join(10)
    assert len(ended) == 1
    assert host_threads() == 0


def test_a_url_in_place_of_a_function() -> None:
    before = threading.active_count()
    with pytest.raises(UsageError, match=r"'twin://air724ug': give a function .* takes"):
        SyncModem("twin://air724ug")  # type: ignore[arg-type]
    assert threading.active_count() == before
