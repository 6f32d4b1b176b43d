"""One module, one host after another: what nobody hears is lost, and the module stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atwin.clock import run_virtual
from atwin.line.frame import HostSettings
from atwin.line.port import TellingPort
from atwin.line.ports.plugged import PluggedPort
from support.line.ears import Ear


def test_a_second_host_finds_the_same_module() -> None:
    async def main() -> None:
        module, ear = PluggedPort(), Ear()
        assert isinstance(module, TellingPort)
        module.start(ear)
        first, heard = module.plug(HostSettings(9600)), Ear()
        first.start(heard)
        first.write(b"AT\r")
        assert await ear.bytes(3) == b"AT\r"
        module.write(b"OK")
        assert await heard.bytes(2) == b"OK"
        await first.close()
        # At once, before the module's end has noticed that the first one has gone.
        second, heard = module.plug(HostSettings(115200)), Ear()
        module.write(b"RDY")
        second.start(heard)
        assert await heard.bytes(3) == b"RDY"
        second.write(b"ATI\r")
        assert await ear.bytes(4) == b"ATI\r"
        assert ear.reasons == []

    run_virtual(main())


def test_what_is_said_to_nobody_is_lost() -> None:
    async def main() -> None:
        module = PluggedPort()
        module.start(Ear())
        first = module.plug(HostSettings())
        first.start(Ear())
        await first.close()
        await first.close()
        module.write(b"+CREG: 2")
        await module.drain()
        second, heard = module.plug(HostSettings()), Ear()
        second.start(heard)
        module.write(b"+CREG: 1")
        assert await heard.bytes(8) == b"+CREG: 1"
        await module.close()
        await module.close()
        await heard.end()

    run_virtual(main())


@pytest.mark.parametrize("started", [False, True])
def test_settings_and_outputs_are_those_of_the_host_that_is_there(started: bool) -> None:
    async def main() -> None:
        module, told = PluggedPort(), list[HostSettings]()
        module.on_host_settings = told.append
        if started:
            module.start(Ear())
        module.show_cts(False)
        module.show_ri(True)
        host = module.plug(HostSettings(9600))
        assert (host.cts, host.ri) == (False, True)
        await host.set_output("dtr", False)
        assert module.host_settings == replace(HostSettings(9600), dtr=False)
        host = module.plug(HostSettings(115200))
        module.show_cts(True)
        assert host.cts
        assert module.host_settings == HostSettings(115200) == told[-1]
        assert len(told) == 3

    run_virtual(main())
