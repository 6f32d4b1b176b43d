"""The firmware: its chapters, and how one run of it starts.

A restart makes a new `Firmware`, so nothing can survive one by accident (docs/spec/power.md §4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import ROM_BANNER, Ready
from atwin.line.frame import UartSettings
from atwin.twin.board.installed import Installed
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.upgrade.service import install
from atwin.twin.engine.contents import ChapterRow, Contents
from atwin.twin.engine.run import Run

if TYPE_CHECKING:
    from atwin.twin.board.hardware import Hardware
    from atwin.twin.board.power import Power

#: What each chapter has: modules of `atwin.twin.chapters`, each with its `CHAPTER`. They hear of
#: events in this order: of a lost PDP links report before bearers do (docs/spec/network.md §4).
ROWS = {
    "general": ChapterRow(
        "&F &W *I +CCLK +CGMI +CGMM +CGMR +CGSN +CMEE +GMI +GMM +GMR +GSN +VER E I Q S3 S4 S5 V Z "
        "^HVER",
    ),
    "modem": ChapterRow("&C &D +CLAC +CLTS +CPAS +CSCS +GCAP S0 X"),
    "serial": ChapterRow("+ICF +IFC +IPR"),
    "power": ChapterRow("*EXINFO +CPOWD +RESET +RSTSET"),
    "sim": ChapterRow(
        "*SIMAUTO *SIMDETEC +CCID +CIMI +CLCK +CNUM +CPIN +CPWD +CSDT +CSIM +ECSIMCFG +ICCID "
        "+MNCC +SIMCROSS",
    ),
    "network": ChapterRow(
        "*BANDIND *CSQ +CCED +CEREG +CESQ +CFUN +CGREG +CIREG +COPS +CREG +CSQ +CTZR +CTZU "
        "+ECBAND +EEMGINFO +EEMOPT +NITZDISSET ^CACAP ^SYSCONFIG ^SYSINFO",
        hears=True,
    ),
    "apn": ChapterRow("+AUTOAPN +CGAUTH +CPNETAPN"),
    "pdp": ChapterRow("*GETIP +CGACT +CGATT +CGCONTRDP +CGDCONT +CGEREP +CGPADDR"),
    "tcp": ChapterRow(
        "+CDNSCFG +CDNSGIP +CIFSR +CIICR +CIPACK +CIPATS +CIPCCFG +CIPCLOSE +CIPCSGP +CIPHEAD "
        "+CIPMODE +CIPMUX +CIPPING +CIPQSEND +CIPRXF +CIPRXGET +CIPSCONT +CIPSEND +CIPSHOWTP "
        "+CIPSHUT +CIPSPRT +CIPSRIP +CIPSSL +CIPSTART +CIPSTATUS +CIPTKA +CLPORT +CSTT O "
        "^HEARTBEAT ^HEARTBEATHEX ^HEARTCONFIG ^HEARTINQUIRE",
    ),
    "bearer": ChapterRow("+SAPBR"),
    "files": ChapterRow(
        "+FSCREATE +FSDEL +FSDRIVE +FSFLSIZE +FSLS +FSMEM +FSMKDIR +FSREAD +FSREADHEAD +FSRMDIR "
        "+FSWRITE",
    ),
    "sleep": ChapterRow(
        "*RTIME +CFG +CFGRI +CFGRISAVE +CNETLIGHT +CSCLK +POWERMODE +SLEDS +WAKETIM ^WAKEUPHEX",
        hears=True,
    ),
    "ssl": ChapterRow("+SSLCFG"),
    "http": ChapterRow(
        "+HTTPACTION +HTTPDATA +HTTPEXACTION +HTTPEXGET +HTTPEXPOST +HTTPGET +HTTPGETTOFS "
        "+HTTPHEAD +HTTPINIT +HTTPPARA +HTTPREAD +HTTPSCONT +HTTPSSL +HTTPTERM",
    ),
    "traffic": ChapterRow("^DATAINFO", hears=True),
    "device": ChapterRow(
        "*EUICC +CADC +CATCHPCAP +CBC +CGPIO +IOSET +MIFIMAC +RNDISCALL +ROUTEIP +SETUSB +SYSNV "
        "+WISN",
        hears=True,
    ),
    "upgrade": ChapterRow("+UARTUPGRADE +UPGRADE", hears=True),
    "location": ChapterRow("+CIPGSMLOC +GSMLOCFG +WIFILOC +WIFISCAN +WIFISCANCONF +WIFISCANCOUNT"),
    "answered.calls": ChapterRow(
        "+CCFC +CCWA +CEER +CHUP +CLCC +CLIP +CLIR +CLVL +CMIC +CMOD +CMUT +COLP +CRC +CSTA +CUSD "
        "+CVHU +ECHO +SETVOLTE +VTD +VTS A D H",
    ),
    "answered.audio": ChapterRow("+AUDCH +CAUDPLAY +CAUDREC +CDTMF +CRSL +CTTS +CTTSPARAM"),
    "answered.gnss": ChapterRow(
        "+CGNSAID +CGNSCMD +CGNSDEL +CGNSINF +CGNSPWR +CGNSSEQ +CGNSTST +CGNSURC"
    ),
    "answered.packet": ChapterRow(
        "+CEDRXRDP +CEDRXS +CGCLASS +CGDATA +CGQMIN +CGQREQ +CMUX +CPSMS"
    ),
    "answered.card": ChapterRow(
        "+CCHC +CCHO +CGLA +CPBF +CPBR +CPBS +CPBW +CPLS +CPOL +CRSM ^STA ^STGI ^STR",
    ),
    "answered.maker": ChapterRow("+BLEADV +BLESCAN +BTCOMM +CIPDPDP +CIPRDTIMER"),
    "answered.sms": ChapterRow(
        "+CMGD +CMGF +CMGL +CMGR +CMGS +CMMS +CMSS +CNMA +CNMI +CPMS +CSCA +CSDH +CSMP +CSMS",
    ),
    "answered.mqtt": ChapterRow(
        "+MCONFIG +MCONNECT +MDISCONNECT +MIPCLOSE +MIPSTART +MPUB +MPUBEX +MQTTMODE +MQTTMSGGET "
        "+MQTTMSGSET +MQTTSTATU +MSUB +MUNSUB +SSLMIPSTART",
        hears=True,
    ),
    "answered.network_time": ChapterRow("+CNTP +CNTPCID"),
    "answered.ftp": ChapterRow(
        "+FTPCID +FTPEXTGET +FTPGETNAME +FTPGETPATH +FTPGETTOFS +FTPMODE +FTPPORT +FTPPUTFRMFS "
        "+FTPPUTNAME +FTPPUTOPT +FTPPUTPATH +FTPPW +FTPQUIT +FTPREST +FTPSCONT +FTPSERV +FTPSTATE "
        "+FTPTYPE +FTPUN",
    ),
}

CHAPTERS = Contents("atwin.twin.chapters", ROWS)


class Firmware(Run):
    """One run of the whole firmware."""

    def __init__(self, hardware: Hardware, power: Power) -> None:
        super().__init__(hardware, power, CHAPTERS)
        hardware.traffic.begin_boot()

    @property
    def radio(self) -> Radio:
        """The radio of this run."""
        return self.find(Radio)

    def start(self, *, warm: bool) -> None:
        """Boot. `warm`: as if the module had been on for a while already."""
        uart = self.hardware.uart
        if warm:
            uart.boot(self.settings.line_mode(), trained=True)
            self.line.start()
            self.power_up(warm=True)
        else:
            uart.boot(UartSettings(), trained=False)
            self.spawn(self._boot())

    async def _boot(self) -> None:
        """The start-up sequence (docs/spec/power.md §3, uart.md §8).

        Until the parser is alive, what the host sends is lost. The mask ROM knows no settings.
        """
        await self.hardware.pause(self.profile.seconds("banner"))
        if self.profile.has("boot_banner"):
            self.line.say(ROM_BANNER)
        if (installed := Installed.boot(self.hardware.nvram)).waiting:
            await install(self, installed)
            return
        await self.hardware.pause(self.profile.seconds("parser"))
        self.hardware.uart.configure(self.settings.line_mode())
        self.line.start()
        self.urc(Ready())
        self.power_up(warm=False)
        if again := self.profile.seconds("ready_again"):
            await self.hardware.pause(again)
            self.urc(Ready())
