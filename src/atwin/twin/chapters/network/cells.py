"""The cell and those around it: AT^SYSINFO, *BANDIND, CCED, EEMGINFO (docs/spec/general.md §5)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.dialect.urcs import BandChanged, CellLevel, CellReport
from atwin.at.kinds import OneOf
from atwin.at.reply import CmeError, Reply
from atwin.twin.board.cell import BLOCKS, ROAMING
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.network.repetition import Repetition
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.twin.board.cell import Neighbour

#: E-UTRAN, as technology and as mode of the system.
LTE, _LTE_MODE = 7, 17
#: In AT^SYSINFO: service, packets only; a card that is in, and none (or one that is locked).
_SERVICE, _PACKETS, _CARD, _NO_CARD = 2, 2, 1, 255
_ONCE, _AGAIN, _END = range(3)
_SERVING, _NEIGHBOURS, _LEVEL = 1, 2, 8
#: What AT+EEMGINFO? says of mode and network: LTE, connected.
_EEM_LTE = "3,2"


class CellCommands(Commands):
    """The serving cell and its neighbours (docs/spec/general.md §5)."""

    title = "Cells"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._radio = run.find(Radio)
        self._radio.watchers.append(self._changed)
        #: AT+CCED: the bandwidth as an index, a blank before the fields, and no dump 8 of its own.
        self._index = run.profile.choice("cced_form") == "index"
        self._told_band = False
        self._band = self._radio.cell.band
        self._repetitions: dict[int, Repetition] = {}

    # --- service and band -----------------------------------------------------------------------

    @command.execute("^SYSINFO")
    def system(self) -> str:
        """Service, domain (2 packets), roaming, mode (17 LTE), card (255 none), LTE (7)."""
        radio = self._radio
        card = _CARD if radio.sim_usable else _NO_CARD
        if not radio.registered:
            return f"^SYSINFO: 0,0,0,0,{card},0"
        roaming = int(radio.stat == ROAMING)
        return f"^SYSINFO: {_SERVICE},{_PACKETS},{roaming},{_LTE_MODE},{card},{LTE}"

    @command.set("*BANDIND", test=True, bare=True)
    def report_band(self, on: Annotated[int, OneOf(0, 1)] = 0) -> None:
        """Say the band when it changes (1)."""
        self._told_band, self._band = bool(on), self._radio.cell.band

    @command.read("*BANDIND")
    def band(self) -> str:
        """Whether changes are said, the band, and the technology (7: LTE)."""
        shown = f", {self._radio.cell.band}, {LTE}" if self._radio.registered else ""
        return f"*BANDIND: {int(self._told_band)}{shown}"

    def _changed(self) -> None:
        band = self._radio.cell.band
        if self._told_band and self._radio.registered and band != self._band:
            self._band = band
            self.run.urc(BandChanged(band, LTE))

    # --- cells ----------------------------------------------------------------------------------

    @command.set("+CCED")
    def cells(
        self,
        mode: Annotated[int, OneOf(_ONCE, _AGAIN, _END)],
        dump: Annotated[int, OneOf(_SERVING, _NEIGHBOURS, _LEVEL)],
    ) -> Reply:
        """Tell the serving cell (1), the neighbours (2) or the level (8).

        Once (0), again every five seconds (1), or no more (2). Fields of the serving cell: MCC,
        MNC, IMSI, roaming, band, bandwidth, channel, cell, RSRP, RSRQ, area, level, PCI.
        """
        if mode == _END:
            if (repetition := self._repetitions.pop(dump, None)) is not None:
                repetition.turn(False)
            return Reply()
        if mode == _AGAIN and dump not in self._repetitions:
            self._repetitions[dump] = Repetition(self.run, partial(self._say, dump))
            self._repetitions[dump].turn(True)
        return Reply(tuple(map(str, self._lines(dump))))

    @command.execute("+CCED")
    def no_cells(self) -> None:
        """Refused: AT+CCED needs its numbers."""
        raise CmeError(Cme.NOT_ALLOWED)

    @command.test("+CCED")
    def cell_values(self) -> str:
        """The values of AT+CCED."""
        return "+CCED: (0,1,2),(1,2,8)"

    def _say(self, dump: int) -> None:
        for line in self._lines(dump):
            self.run.urc(line)

    def _lines(self, dump: int) -> list[Urc]:
        """Nothing without service."""
        if not self._radio.registered:
            return []
        if dump == _SERVING:
            return [CellReport(f"current cell:{self._blank}{self._serving()}")]
        if dump == _LEVEL and not self._index:
            return [CellLevel(self._radio.rssi)]
        neighbours = map(self._neighbour, self._radio.cell.neighbours)
        return [CellReport(f"neighbor cell:{self._blank}{fields}") for fields in neighbours]

    @property
    def _blank(self) -> str:
        return " " if self._index else ""

    def _serving(self) -> str:
        cell, radio = self._radio.cell, self._radio
        bandwidth = cell.bandwidth if self._index else f"n{BLOCKS[cell.bandwidth]}"
        return _joined(
            *(cell.mcc, cell.mnc, self.run.hardware.identity.imsi, int(radio.stat == ROAMING)),
            *(cell.band, bandwidth, cell.earfcn, int(cell.cell_id, 16), cell.rsrp, cell.rsrq),
            *(int(cell.tac, 16), cell.level, cell.pci),
        )

    def _neighbour(self, other: Neighbour) -> str:
        cell = self._radio.cell
        return _joined(
            *(cell.mcc, cell.mnc, other.earfcn, int(other.cell_id, 16), other.rsrp, other.rsrq),
            *(int(other.tac, 16), other.level, other.pci),
        )

    @command.read("+EEMGINFO", needs="eemginfo")
    def engineering(self) -> Reply:
        """Serving cell and neighbours, as the engineers see them: the lines follow the OK."""
        if not self._radio.registered:
            return Reply(("+EEMGINFO: 0,0",))
        cell = self._radio.cell
        # Fields after the cell: transmission mode, levels of both antennas, RSSI, CQI, power, rank,
        # states, causes, and what the core network is called.
        serving = _joined(
            *(cell.mcc, len(cell.mnc), cell.mnc, int(cell.tac, 16), cell.pci, cell.earfcn),
            *(cell.uplink_earfcn, cell.band, cell.bandwidth, int(cell.cell_id, 16), 0),
            *(cell.rsrp, cell.rsrq, cell.sinr, cell.rsrp, cell.rsrp, cell.rsrq, cell.rsrq),
            *(cell.rssi, 7, 0, 0, 0, 1, 10, 0, 0, 65535, 0, 0),
        )
        same = [other for other in cell.neighbours if other.earfcn == cell.earfcn]
        others = [other for other in cell.neighbours if other.earfcn != cell.earfcn]
        lines = (
            f"+EEMLTESVC: {serving}",
            *self._engineering_neighbours("INTRA", same),
            *self._engineering_neighbours("INTER", others),
        )
        return Reply((f"+EEMGINFO: {_EEM_LTE}",), trailer=lines)

    def _engineering_neighbours(self, kind: str, cells: list[Neighbour]) -> list[str]:
        own = self._radio.cell
        return [
            f"+EEMLTE{kind}: "
            + _joined(
                *(number, cell.pci, cell.earfcn, cell.rsrp, cell.rsrq, own.mcc, own.mnc),
                *(int(cell.tac, 16), int(cell.cell_id, 16)),
            )
            for number, cell in enumerate(cells)
        ]


def _joined(*fields: object) -> str:
    return ",".join(map(str, fields))
