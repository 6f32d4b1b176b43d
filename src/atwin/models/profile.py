"""What one module with one firmware is: names and tables of values (docs/reference/models.md)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: Bytes: the vendor's part of a download on an Air724UG, 300 KiB in a buffer of 312 KiB.
VENDOR_CHUNK = 307_200

#: Values above these make no module: bytes, bit/s, seconds.
_LARGEST_LIMIT, _LONGEST_TIME = 1 << 32, 86_400.0

#: What the tables of a profile hold, and what each value means. All of them are needed.
LIMITS = {
    "line_max": "bytes of a command line with its CR",
    "http_buffer": "bytes of the HTTP buffer",
    "tcp_window": "bytes of a TCP connection that may be on the way or unread",
    "post_limit": "bytes AT+HTTPDATA takes at most",
    "read_max": "bytes one ranged AT+HTTPREAD gives at most",
    "fs_total": "bytes of the file system",
    "fs_block": "bytes of a block of the file system",
    "max_baud": "fastest rate of the line in bit/s",
    "cnmi_reports": "largest <ds> that AT+CNMI takes",
    "default_cid": "the PDP context that is active after attach",
    "sms_module": "messages the module's own memory holds",
    "sms_sim": "messages the SIM card holds",
    "csclk_max": "highest mode of AT+CSCLK",
}
VALUES = {
    "battery_mv": "mV at VBAT until somebody sets others",
    "csq_ber": "bit error rate that AT+CSQ shows outside of a call",
    "cgerep_default": "AT+CGEREP after a start: 0 no +CGEV:, 1 with",
    "fs_missing_cme": "CME number for a file that is not there; 0 is a plain ERROR",
    "param_error_cme": "CME number of a wrong parameter (OQ-4)",
    "rxget_hex_cme": "CME number of AT+CIPRXGET=3 for too many bytes; 0 is that of a parameter",
    "wake_lines": "lines that get lost before a sleeping module is awake",
    "sim_presence_detect": "SimPresenceDetect in AT+ECSIMCFG?",
    "urc_queue_bytes": "bytes of URCs that wait during a command; 0 means no limit",
    "urc_queue_count": "URCs that wait during a command; 0 means no limit",
    "cms_memory": "CMS number of a memory that AT+CPMS does not know",
    "cms_parameter": "CMS number of a wrong parameter",
    "dial_cme": "CME number of a number that ATD cannot dial; 0 is a plain ERROR",
}
TIMES = {
    "key_start": "PWRKEY low until the module starts",
    "key_stop": "PWRKEY low until the module switches off",
    "reset_off": "RESET low until the module is off",
    "reset_start": "RESET low that starts a module which is off; 0 where RESET cannot",
    "banner": "from the start to the banner of the mask ROM",
    "parser": "from the banner to RDY",
    "ready_again": "from RDY to a second RDY; 0 where there is none",
    "sim": "from RDY to the SIM",
    "boot_search": "to find the network after a start",
    "search": "to find the network later",
    "nitz": "from the registration to the network's time",
    "locate": "AT+CIPGSMLOC until its answer",
    "locate_wifi": "AT+WIFILOC until its answer",
    "scan_wifi": "a scan of AT+WIFISCAN",
}
FEATURES = {
    "ats_ends_length": "AT+CIPATS ends AT+CIPSEND with a length too",
    "ping_endless": "AT+CIPPING takes a count of 0",
    "already_cme": "an error 65535 goes before `n, ALREADY CONNECT`",
    "cbc_percent": "AT+CBC shows charging and per cent before the voltage",
    "cereg_as_cgreg": "AT+CEREG? and =? answer with +CGREG:",
    "cereg_upper": "AT+CEREG? writes hex digits in upper case",
    "cgdcont_short": "AT+CGDCONT? shows no compressions",
    "cgact_active_error": "AT+CGACT=1 is refused while the context is active",
    "cgev_reason": "+CGEV: ME PDN ACT gives a reason",
    "cireg": "AT+CIREG",
    "cip_needs_scene": "several links need AT+CSTT, CIICR and CIFSR",
    "cms_text_always": "an error of short messages is a text in AT+CMEE=1 too",
    "connect_silent": "an address that does not answer gives no CONNECT FAIL",
    "cpin_set_echo": '+CPIN: READY goes before the OK of AT+CPIN="…"',
    "cpnetapn_at_once": "AT+CPNETAPN holds at once, not from the next start on",
    "csdt_urc_bare": "no CR LF goes before +CPIN: on hot plug",
    "csdt_urc_suffix": "+CPIN: on hot plug ends with ` 0`",
    "ecsimcfg": "AT+ECSIMCFG",
    "ecband": "AT+ECBAND",
    "eemginfo": "AT+EEMGINFO, EEMOPT",
    "echo_lf": "the LF after the CR of a command line is echoed",
    "fota_default": "the daily question for new firmware goes to the vendor's server",
    "free_pins": "AT+CADC, CGPIO",
    "head_lowercase": "AT+HTTPHEAD gives the header block in lower case",
    "fs_prompt_space": "a blank follows the prompt of AT+FSWRITE",
    "ext_http": "AT+HTTPEXACTION, HTTPEXGET, HTTPEXPOST",
    "http_get": "AT+HTTPGET",
    "gettofs_failure": "a failed AT+HTTPGETTOFS has a URC",
    "gettofs": "AT+HTTPGETTOFS",
    "factory_ipr": "AT&F and AT+RSTSET reset AT+IPR",
    "fs_read_head": "AT+FSREADHEAD",
    "exinfo": "AT*EXINFO",
    "ifc_blank": "a blank follows the comma of AT+IFC",
    "ifc_hw_only": "AT+IFC refuses XON/XOFF",
    "seven_data_bits": "AT+ICF takes 7 data bits",
    "auto_baud": "AT+IPR is 0, auto-baud, from the factory; without it 115200",
    "mncc": "AT+MNCC",
    "nitz_zone": "AT+NITZDISSET",
    "boot_banner": "the mask ROM prints its banner",
    "cpin_at_boot": "+CPIN: follows RDY",
    "ioset": "AT+IOSET",
    "lowpower": "AT+POWERMODE",
    "wake_by_rx": "what the host sends wakes a module that sleeps by AT+CSCLK=1",
    "wakeuphex": "AT^WAKEUPHEX",
    "line_overflow_silent": "too long a command line gets no answer",
    "pdp_deact_colon": "+PDP: DEACT, not +PDP DEACT",
    "real_dns": "names are asked of the servers of AT+CDNSCFG",
    "reset_is_off": "RESET switches off; else a module that was on starts again at its release",
    "rndis": "AT+RNDISCALL",
    "rxget_blank": "an empty line follows the data of AT+CIPRXGET",
    "sms_ready_at_boot": "SMS READY follows the start",
    "srip_in_rxget": "AT+CIPSRIP=1 shows the sender with AT+CIPRXGET too",
    "stn_at_boot": "^STN: 37 follows the start",
    "stock_commands": "ATS0, ATX, AT+CLAC, and HEX and GBK in AT+CSCS",
    "tls_close_ok": "a TLS link that the server ends says `n, CLOSE OK` and loses its data",
    "tls_version_needed": 'a TLS link needs AT+SSLCFG="sslversion"',
    "uart_upgrade": "AT+UARTUPGRADE",
    "wifi_scan": "AT+WIFISCAN, WIFISCANCOUNT, WIFISCANCONF",
    "audio_files": "AT+CAUDPLAY, CAUDREC, AUDCH, CDTMF",
    "bt": "AT+BTCOMM, BLEADV, BLESCAN",
    "cip_timers": "AT+CIPRDTIMER, CIPDPDP",
    "cmux": "AT+CMUX",
    "csms_short": "AT+CSMS names two kinds of messages, not three",
    "gnss": "AT+CGNSPWR and the other commands of a satellite receiver",
    "operator_list": "AT+CPOL, CPLS",
    "phonebook": "AT+CPBS, CPBR, CPBF, CPBW",
    "ppp": "ATD*99#, AT+CGDATA",
    "qos": "AT+CGQREQ, CGQMIN, CGCLASS",
    "sim_toolkit": "AT^STA, STGI, STR",
    "sms_engine": "AT+CMGD of an empty place is OK, AT+CMGL=? has parentheses",
    "supplementary": "AT+COLP, CLIR, CCWA, CCFC, CUSD are served; else refused with 4",
    "tts": "AT+CTTS, CTTSPARAM",
    "voice_settings": "AT+CLVL, CMUT, CMIC, ECHO, CMOD, CSTA, CEER, SETVOLTE",
}
#: Each is one of a few words.
CHOICES = {
    "cced_form": ("fields of AT+CCED: bandwidth in blocks or as an index", ("n100", "index")),
    "cscs_default": ("AT+CSCS after a start", ("GSM", "IRA")),
    "cipclose_error": ("what AT+CIPCLOSE of a closed link ends with", ("error", "cme3")),
    "cme_texts": ("texts of AT+CMEE=2: the engine's or the manual's", ("engine", "table")),
    "exinfo_form": ("answer of AT*EXINFO?", ("poweron", "number")),
    "nitz_form": ("date and zone of +NITZ:", ("yy-local", "yyyy-utc", "yy-utc+zone")),
}
TEXTS = {
    "cnmi_default": "AT+CNMI? after a start (OQ-60)",
    "csmp_default": "AT+CSMP? after a start",
    "ntp_default": "server and zone of AT+CNTP? after a start",
    "sms_memories": "memories of AT+CPMS, as its test form lists them",
}
#: Values that are not numbers.
WORDS = frozenset((*CHOICES, *TEXTS))
NAMES = {
    "name": "as AT+CGMM says it",
    "title": "for people",
    "chip": "as AT^HVER says it",
    "firmware": "as ATI says it",
    "hardware_version": "as AT*I says it",
    "build_time": "as AT*I says it",
}


class UnknownModelError(ValueError):
    """No profile of that name, no right one in that file, or no flag of that name in a profile."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Choices the documents leave open, at their defaults (docs/spec/models.md §2)."""

    #: HTTPACTION with a closed bearer opens it when the module is registered (OQ-22).
    implicit_bearer: bool = True
    #: Prints `ERROR: <n>` in front of a failed action's URC (OQ-17).
    http_error_urc: bool = False
    #: The overflow URC has the kept length, else 0 (OQ-18).
    overflow_kept: bool = True
    #: Status of an expired TIMEOUT: 408 or 601 (OQ-16).
    timeout_status: int = 408
    #: A second USERDATA call appends instead of replacing (OQ-7).
    userdata_append: bool = False
    #: SAPBR=2 prints the address padded and without quotes (OQ-35).
    sapbr_padded: bool = False
    #: HTTPSSL and SSLCFG are refused before HTTPINIT (OQ-41).
    ssl_needs_init: bool = False
    #: Seconds a closed TCP connection still holds its slot of the pool (docs/spec/network.md §6).
    linger_s: float = 0.0


def read_limit(name: str, value: Any, least: int = 1) -> int:
    """`value` as a limit: bytes, bit/s, or an id. Raises `ValueError`."""
    if type(value) is not int or not least <= value <= _LARGEST_LIMIT:
        raise ValueError(f"{name} must be a whole number from {least} to {_LARGEST_LIMIT}")
    return value


def read_value(name: str, value: Any) -> int:
    """`value` as a number that may be 0. Raises `ValueError`."""
    return read_limit(name, value, least=0)


def read_seconds(name: str, value: Any) -> float:
    """`value` as a time. Raises `ValueError`."""
    if type(value) not in (int, float) or not 0 <= value <= _LONGEST_TIME:
        raise ValueError(f"{name} must be a number of seconds from 0 to {_LONGEST_TIME:g}")
    return float(value)


def read_feature(name: str, value: Any) -> bool:
    """`value` as a feature. Raises `ValueError`."""
    if type(value) is not bool:
        raise ValueError(f"{name} must be true or false")
    return value


def read_choice(name: str, value: Any) -> str:
    """`value` as one of the words of that choice. Raises `ValueError`."""
    words = CHOICES[name][1]
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}")
    return str(value)


def read_text(name: str, value: Any) -> str:
    """`value` as a text that AT commands can say. Raises `ValueError`."""
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise ValueError(f"{name} must be a text of printable ASCII characters")
    return value


#: What each table of a profile holds, and what reads one of its values.
TABLES: Mapping[str, tuple[Iterable[str], Callable[[str, Any], Any]]] = {
    "limits": (LIMITS, read_limit),
    "values": (VALUES, read_value),
    "times": (TIMES, read_seconds),
    "features": (FEATURES, read_feature),
    "choices": (CHOICES, read_choice),
    "texts": (TEXTS, read_text),
}

_OF_TYPE: dict[type, Callable[[str, Any], Any]] = {
    bool: read_feature,
    int: read_limit,
    float: read_seconds,
}
#: What reads the value of a quirk.
QUIRKS = {f.name: _OF_TYPE[type(f.default)] for f in fields(Quirks)}


@dataclass(frozen=True, slots=True)
class Profile:
    """One module with one firmware. The tables hold what `TABLES` names."""

    key: str
    name: str
    title: str
    chip: str
    firmware: str
    hardware_version: str
    build_time: str
    limits: Mapping[str, int]
    values: Mapping[str, int]
    times: Mapping[str, float]
    features: Mapping[str, bool]
    choices: Mapping[str, str]
    texts: Mapping[str, str]
    #: What single command forms are answered with, whatever the commands of the twin say: the
    #: lines, the last of them the result.
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    quirks: Quirks = field(default_factory=Quirks)

    def limit(self, name: str) -> int:
        """The limit of that name: bytes, bit/s, or an id. Raises KeyError."""
        return self.limits[name]

    def value(self, name: str) -> int:
        """The number of that name, which may be 0. Raises KeyError."""
        return self.values[name]

    def seconds(self, name: str) -> float:
        """The time of that name in seconds. Raises KeyError."""
        return self.times[name]

    def has(self, feature: str) -> bool:
        """Whether the firmware has that feature. Raises KeyError for a name no profile knows."""
        return self.features[feature]

    def choice(self, name: str) -> str:
        """The word that the firmware has chosen for `name`. Raises KeyError."""
        return self.choices[name]

    @property
    def download_chunk(self) -> int:
        """Bytes of a part of a download: as large as fits, up to the vendor's own part."""
        return min(self.limits["post_limit"], self.limits["read_max"], VENDOR_CHUNK)

    def with_flags(self, **flags: bool | float | str) -> Profile:
        """A copy with values of its tables or quirks changed.

        0 and 1 are false and true. Raises `UnknownModelError` for a name that no table has, and
        for a value that makes no module.
        """
        tables = {table: dict(getattr(self, table)) for table in TABLES}
        quirks: dict[str, Any] = {}
        for name, value in flags.items():
            changed: dict[str, Any]
            if name in QUIRKS:
                changed, read = quirks, QUIRKS[name]
            else:
                of = next((t for t, (known, _) in TABLES.items() if name in known), None)
                if of is None:
                    raise UnknownModelError(
                        f"{self.key} has no flag called {shown(name, limit=80)}; "
                        "`atwin models` prints the ones there are"
                    )
                changed, read = tables[of], TABLES[of][1]
            is_switch = read is read_feature and value in (0, 1)
            try:
                changed[name] = read(name, bool(value) if is_switch else value)
            except ValueError as error:
                raise UnknownModelError(str(error)) from None
        frozen: dict[str, Any] = {table: MappingProxyType(v) for table, v in tables.items()}
        return replace(
            self,
            **frozen,
            quirks=replace(self.quirks, **quirks),
        )
