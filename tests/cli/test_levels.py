"""Nothing of the manual is missing without a word: each command has a level on every model."""

from __future__ import annotations

import pytest

from atwin.at.grammar import Form
from atwin.cli.levels import Level, levels
from atwin.cli.reference import command_families, coverage
from atwin.models import MODELS
from atwin.twin.chapters.absent import ABSENT

#: The page list of the manual, by its families.
MANUAL = {
    "general": """
        *I +CGMI +CGMM +CIMI ^HVER +CCID +ICCID +RESET +RSTSET +VER I +CGMR +CGSN *EXINFO
        +CATCHPCAP +WISN &C &D &F &W Q S3 S4 S5 V +CCLK E +CMEE +CSCS +SETUSB +UPGRADE
        +UARTUPGRADE""",
    "serial": "+IPR +ICF +IFC +CFGRI +CFGRISAVE +CFG +CNETLIGHT +SLEDS",
    "power": "+CFUN +CPOWD +CSCLK +CBC +WAKETIM *RTIME +POWERMODE ^WAKEUPHEX",
    "SIM": """
        +CPIN +CPWD +CLCK +CSDT *SIMDETEC *EUICC +ECSIMCFG +SIMCROSS *SIMAUTO +CSIM +CNUM""",
    "device": "+CADC +CGPIO +IOSET +MIFIMAC +SYSNV +RNDISCALL",
    "network": """
        +CESQ +CREG +CEREG +COPS +CGCONTRDP +CSQ *CSQ ^DATAINFO +CTZU +CTZR +NITZDISSET +MNCC
        ^SYSCONFIG ^SYSINFO *BANDIND ^CACAP +CCED +EEMGINFO +EEMOPT +ECBAND +CIREG +GSMLOCFG
        +CIPGSMLOC +WIFILOC +WIFISCAN +WIFISCANCOUNT +WIFISCANCONF""",
    "PDP": """
        +CGATT +CGDCONT +CGACT +CGPADDR +CGREG +CGAUTH +CGEREP *GETIP +CPNETAPN +AUTOAPN +SAPBR""",
    "files": """
        +FSCREATE +FSDEL +FSDRIVE +FSFLSIZE +FSLS +FSMEM +FSMKDIR +FSRMDIR +FSWRITE +FSREAD
        +FSREADHEAD""",
    "HTTP, SSL": """
        +HTTPINIT +HTTPTERM +HTTPPARA +HTTPACTION +HTTPREAD +HTTPHEAD +HTTPDATA +HTTPGET
        +HTTPEXACTION +HTTPEXGET +HTTPEXPOST +HTTPGETTOFS +HTTPSCONT +HTTPSSL +SSLCFG +CIPSSL""",
    "TCP/IP": """
        +CIPMUX +CSTT +CIICR +CIFSR +CIPMODE +CIPQSEND +CIPRXF +CIPSEND +CIPSPRT +CIPSTATUS
        +CIPACK +CDNSGIP +CIPHEAD +CIPSHOWTP +CIPSHUT +CIPTKA O +CLPORT +CIPSTART +CIPATS
        +CIPSRIP +CIPSCONT +CIPRXGET +CIPCLOSE +CIPPING +CDNSCFG +CIPCCFG +CIPCSGP +ROUTEIP
        ^HEARTCONFIG ^HEARTBEAT ^HEARTBEATHEX ^HEARTINQUIRE""",
    "MQTT": """
        +MCONFIG +MCONNECT +MDISCONNECT +MIPCLOSE +MIPSTART +MPUB +MPUBEX +MQTTMODE +MQTTMSGGET
        +MQTTMSGSET +MQTTSTATU +MSUB +MUNSUB +SSLMIPSTART""",
    "time": "+CNTP +CNTPCID",
    "short messages": """
        +CMGD +CMGF +CMGL +CMGR +CMGS +CMGW +CMMS +CMSS +CNMA +CNMI +CPMS +CSCA +CSDH +CSMP
        +CSMS""",
    "FTP": """
        +FTPCID +FTPDELE +FTPEXTGET +FTPEXTPUT +FTPFILEPUT +FTPGET +FTPGETNAME +FTPGETPATH
        +FTPGETTOFS +FTPLIST +FTPMKD +FTPMODE +FTPPORT +FTPPUT +FTPPUTFRMFS +FTPPUTNAME
        +FTPPUTOPT +FTPPUTPATH +FTPPW +FTPQUIT +FTPREST +FTPRMD +FTPSCONT +FTPSERV +FTPSIZE
        +FTPSTATE +FTPTYPE +FTPUN""",
    "calls": "A D H +CHUP +CLCC +CRC +CVHU +VTD +VTS +CLIP",
    "audio": "+CAUDPLAY +CRSL +CTTS +CTTSPARAM",
    "GNSS": "+CGNSPWR +CGNSINF +CGNSURC +CGNSSEQ +CGNSCMD +CGNSAID +CGNSDEL +CGNSTST",
    "PPP": "+CGDATA",
}


#: The families that the twin has but for what does something: a later chapter each.
LATER = ("MQTT", "short messages", "FTP")


@pytest.mark.parametrize("family", MANUAL)
def test_every_command_of_the_manual_has_a_level(family: str) -> None:
    known = levels(command_families(), ABSENT)
    for name in MANUAL[family].split():
        assert list(known[name]) == list(MODELS), name
        assert family in LATER or Level.MISSING not in known[name].values(), name


def test_a_command_that_only_asks_does_not_hide_one_that_is_missing() -> None:
    known = levels(command_families(), ABSENT)
    assert set(known["+MIPSTART"].values()) == {Level.MISSING}
    assert set(known["+QIACT"].values()) == {Level.ABSENT}
    forms = {(entry["command"], entry["form"]): entry for entry in coverage()}
    assert forms["+MIPSTART", "test"]["models"] == list(MODELS)
    assert forms["+MIPSTART", "set"]["models"] == []


DECLARED = {
    (declaration.name, form)
    for family in command_families()
    for declaration in family.declarations
    for form in declaration.forms
}


def test_what_is_absent_is_not_declared_and_stands_once() -> None:
    names = [name for absent in ABSENT for name in absent.names]
    assert len(names) == len(set(names))
    doing = {(name, form) for name in names for form in (Form.SET, Form.EXECUTE)}
    assert doing & DECLARED == set()
