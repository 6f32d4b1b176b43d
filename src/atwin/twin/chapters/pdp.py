"""PDP commands: attach, contexts, addresses (docs/spec/network.md §2)."""

from __future__ import annotations

from typing import Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.kinds import BadArgument, OneOf, Range, Text
from atwin.at.reply import CmeError, Reply
from atwin.twin.chapters.network.pdp import PdpContext
from atwin.twin.chapters.network.radio import FULL, Radio
from atwin.twin.engine.run import Chapter, Commands, Run

PDP_TYPES = ("IP", "IPV6", "IPV4V6", "Non-IP", "PPP")

#: Seconds of the exchange with the network, before `Hardware.time_scale`.
ATTACH_TIME = 0.5
ACTIVATE_TIME = 0.3

#: EPS bearer identity of the default bearer.
_BEARER_ID = 5


class PdpCommands(Commands):
    """Packet attach and PDP contexts. There is one real PDP; every active context shows it.

    See docs/spec/network.md §1, §2.
    """

    title = "Packet data"

    def __init__(self, run: Run) -> None:
        self._radio = run.find(Radio)
        self._pdp = self._radio.pdp
        self._hardware = run.hardware
        self._refuses_active = run.profile.has("cgact_active_error")
        self._compressions = "" if run.profile.has("cgdcont_short") else ",0,0"

    @command.read("+CGATT")
    def attached(self) -> str:
        """1 attached, 0 not."""
        return f"+CGATT: {int(self._radio.attached)}"

    @command.set("+CGATT", test=True)
    async def attach(self, wanted: Annotated[int, Range(0, 1)]) -> None:
        """Attach (1) or detach (0)."""
        self._needs_radio()
        if bool(wanted) == self._radio.attached:
            return
        if wanted:
            await self._attach()
        else:
            await self._hardware.pause(ATTACH_TIME)
            self._radio.detach()

    @command.read("+CGDCONT")
    def contexts(self) -> Reply:
        """One line a defined context: cid, type, APN, address (not empty: active)."""
        return Reply(
            tuple(
                f'+CGDCONT: {cid},"{context.pdp_type}","{self._apn(context)}",'
                f'"{self._address(context)}"{self._compressions}'
                for cid, context in sorted(self._pdp.contexts.items())
            )
        )

    @command.set("+CGDCONT")
    def define(
        self,
        cid: Annotated[int, Range(1, 15)],
        pdp_type: Annotated[str | None, Text("type")] = None,
        apn: Annotated[str, Text("apn", 100)] = "",
        address: Annotated[str, Text("address")] = "",
        data_compression: Annotated[int, Range(0, 2)] = 0,
        header_compression: Annotated[int, Range(0, 4)] = 0,
    ) -> None:
        """Define a context, or with the cid alone undefine it; RAM only.

        Types: IP, IPV6, IPV4V6, Non-IP, PPP. An empty APN leaves the choice to the network; the
        address and the compressions are taken and not used.
        """
        contexts = self._pdp.contexts
        if pdp_type is None:
            if cid in contexts and contexts[cid].active:
                raise CmeError(Cme.NOT_ALLOWED)
            contexts.pop(cid, None)
            return
        known = {name.upper(): name for name in PDP_TYPES}
        if pdp_type.upper() not in known:
            raise BadArgument(pdp_type)
        active = cid in contexts and contexts[cid].active
        contexts[cid] = PdpContext(known[pdp_type.upper()], apn, active)

    @command.test("+CGDCONT")
    def context_ranges(self) -> Reply:
        """What AT+CGDCONT takes, one line a type."""
        return Reply(tuple(f'+CGDCONT: (1-15),"{name}",,,(0-2),(0-4)' for name in PDP_TYPES))

    @command.read("+CGACT")
    def activity(self) -> Reply:
        """One line a defined context: cid, 1 active or 0 not."""
        return Reply(
            tuple(
                f"+CGACT: {cid},{int(context.active)}"
                for cid, context in sorted(self._pdp.contexts.items())
            )
        )

    @command.set("+CGACT")
    async def activate(
        self,
        state: Annotated[int, OneOf(0, 1)],
        cid: Annotated[int | None, Range(1, 15)] = None,
    ) -> None:
        """Activate (1) or deactivate (0) a context, or all of them.

        A module that is detached attaches first.
        """
        self._needs_radio()
        cids = list(self._pdp.contexts) if cid is None else [cid]
        contexts = self._pdp.contexts
        refused = state and self._refuses_active and self._active(cid)
        if refused or any(cid not in contexts for cid in cids):
            raise CmeError(Cme.NOT_ALLOWED)
        if state and not self._radio.attached:
            await self._attach()
        await self._hardware.pause(ACTIVATE_TIME)
        for each in cids:
            if not state:
                self._pdp.deactivate(each)
            elif not (self._radio.activate(each) or contexts[each].active):
                raise CmeError(Cme.NOT_ALLOWED)

    @command.test("+CGACT")
    def activate_range(self) -> str:
        """What AT+CGACT takes first."""
        return "+CGACT: (0,1)"

    @command.set("+CGPADDR", bare=True)
    def addresses(self, cid: Annotated[int | None, Range(1, 15)] = None) -> Reply:
        """The address of one context or of all; nothing for one without."""
        return Reply(tuple(f'+CGPADDR: {each},"{self._pdp.address}"' for each in self._active(cid)))

    @command.test("+CGPADDR")
    def address_cids(self) -> str:
        """The defined contexts."""
        return f"+CGPADDR: ({','.join(map(str, sorted(self._pdp.contexts)))})"

    @command.set("+CGCONTRDP", bare=True)
    def details(self, cid: Annotated[int | None, Range(1, 15)] = None) -> Reply:
        """APN, address and both DNS servers of one active context or of all."""
        radio = self._radio
        first, second = radio.cell.dns
        return Reply(
            tuple(
                f'+CGCONTRDP: {each},{_BEARER_ID},"{self._apn(self._pdp.contexts[each])}",'
                f'"{radio.address}","",,"{first}","{second}"'
                for each in self._active(cid)
            )
        )

    @command.test("+CGCONTRDP")
    def detail_cids(self) -> str:
        """The active contexts."""
        return f"+CGCONTRDP: ({','.join(map(str, self._active(None)))})"

    def _active(self, cid: int | None) -> list[int]:
        return [n for n in self._pdp.active if cid in (None, n)]

    async def _attach(self) -> None:
        """By the host's wish, so that no +CGEV: reports it (docs/spec/network.md §2)."""
        await self._hardware.pause(ATTACH_TIME)
        if not self._radio.registered:
            raise CmeError(Cme.NOT_ALLOWED)
        self._radio.activate(self._pdp.default_cid)

    def _apn(self, context: PdpContext) -> str:
        if context.active and not context.apn:
            return self._pdp.apn
        return context.apn

    def _address(self, context: PdpContext) -> str:
        return (self._pdp.address or "") if context.active else ""

    @command.set("*GETIP")
    def address_and_gateway(self, cid: Annotated[int, Range(1, 15)]) -> str:
        """The address of an active context, and the gateway."""
        if not self._active(cid):
            raise CmeError(Cme.NOT_ALLOWED)
        address = self._pdp.address or ""
        return f"+GETIP: {address},{address.rpartition('.')[0]}.1"

    @command.set("+CGEREP", bare=True, test=True)
    def report_events(
        self, mode: Annotated[int, OneOf(0, 1)] = 0, buffer: Annotated[int, OneOf(0, 1)] = 0
    ) -> None:
        """Say +CGEV: (1) or not (0); those that are not said are dropped, whatever `buffer` is."""
        self._pdp.reports, self._pdp.buffer = mode, buffer

    @command.read("+CGEREP")
    def event_mode(self) -> str:
        """Whether +CGEV: is said, and the buffer."""
        return f"+CGEREP: {self._pdp.reports},{self._pdp.buffer}"

    def _needs_radio(self) -> None:
        if self._radio.functionality != FULL:
            raise CmeError(Cme.NOT_ALLOWED)


CHAPTER = Chapter((PdpCommands,))
