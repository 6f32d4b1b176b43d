"""What one module with one firmware is: names, limits, times, features, texts, quirks."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Bytes: the vendor's part of a download on an Air724UG, 300 KiB in a buffer of 312 KiB.
VENDOR_CHUNK = 307_200

#: Values above these make no module: bytes, bit/s, seconds.
_LARGEST_LIMIT, _LONGEST_TIME = 1 << 32, 86_400.0

#: What the tables of a profile hold, and what each value means. All of them are needed.
LIMITS = {
    "http_buffer": "bytes of the HTTP buffer",
    "post_limit": "bytes AT+HTTPDATA takes at most",
    "read_max": "bytes one ranged AT+HTTPREAD gives at most",
    "fs_total": "bytes of the file system",
    "fs_block": "bytes of a block of the file system",
    "max_baud": "fastest rate of the line in bit/s",
    "default_cid": "the PDP context that is active after attach",
}
TIMES = {
    "key_start": "PWRKEY low until the module starts",
    "key_stop": "PWRKEY low until the module switches off",
    "reset_off": "RESET low until the module is off",
    "reset_start": "RESET low that starts a module which is off; 0 where RESET cannot",
    "banner": "from the start to the banner of the mask ROM",
    "parser": "from the banner to RDY",
    "sim": "from RDY to the SIM",
    "boot_search": "to find the network after a start",
    "search": "to find the network later",
    "nitz": "from the registration to the network's time",
}
FEATURES = {
    "head_lowercase": "AT+HTTPHEAD gives the header block in lower case",
    "fs_prompt_space": "a blank follows the prompt of AT+FSWRITE",
    "ext_http": "AT+HTTPEXACTION, HTTPEXGET, HTTPEXPOST",
    "gettofs": "AT+HTTPGETTOFS",
    "fs_read_head": "AT+FSREADHEAD",
    "exinfo": "AT*EXINFO",
    "ifc_blank": "a blank follows the comma of AT+IFC",
    "ifc_hw_only": "AT+IFC refuses XON/XOFF",
    "seven_data_bits": "AT+ICF takes 7 data bits",
    "boot_banner": "the mask ROM prints its banner",
    "cpin_at_boot": "+CPIN: follows RDY",
    "reset_is_off": "RESET switches off; else a module that was on starts again at its release",
}
#: Python's format of the date and time in local or universal time, for a year of 2 or 4 digits.
TEXTS = {"nitz": "date and time of +NITZ:, as a format of strftime"}
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
    #: The overflow URC tells the kept length, else 0 (OQ-18).
    overflow_kept: bool = True
    #: Status of an expired TIMEOUT: 408 or 601 (OQ-16).
    timeout_status: int = 408
    #: CME number of a parameter error (OQ-4).
    param_error_cme: int = 53
    #: A second USERDATA call appends instead of replacing (OQ-7).
    userdata_append: bool = False
    #: SAPBR=2 prints the address padded and without quotes (OQ-35).
    sapbr_padded: bool = False
    #: HTTPSSL and SSLCFG are refused before HTTPINIT (OQ-41).
    ssl_needs_init: bool = False
    #: Seconds a closed TCP connection still holds its slot of the pool (docs/spec/network.md §6).
    linger_s: float = 0.0


def read_limit(name: str, value: Any) -> int:
    """`value` as a limit: bytes, bit/s, or an id. Raises `ValueError`."""
    if type(value) is not int or not 0 < value <= _LARGEST_LIMIT:
        raise ValueError(f"{name} must be a whole number from 1 to {_LARGEST_LIMIT}")
    return value


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


_OF_TYPE: dict[type, Callable[[str, Any], Any]] = {
    bool: read_feature,
    int: read_limit,
    float: read_seconds,
}
#: What reads the value of a quirk.
QUIRKS = {f.name: _OF_TYPE[type(f.default)] for f in fields(Quirks)}


@dataclass(frozen=True, slots=True)
class Profile:
    """One module with one firmware. The tables hold what `LIMITS`, `TIMES` … above name."""

    key: str
    name: str
    title: str
    chip: str
    firmware: str
    hardware_version: str
    build_time: str
    limits: Mapping[str, int]
    times: Mapping[str, float]
    features: Mapping[str, bool]
    texts: Mapping[str, str]
    quirks: Quirks = field(default_factory=Quirks)

    def limit(self, name: str) -> int:
        """The limit of that name: bytes, bit/s, or an id. Raises KeyError."""
        return self.limits[name]

    def seconds(self, name: str) -> float:
        """The time of that name in seconds. Raises KeyError."""
        return self.times[name]

    def has(self, feature: str) -> bool:
        """Whether the firmware has that feature. Raises KeyError for a name no profile knows."""
        return self.features[feature]

    @property
    def download_chunk(self) -> int:
        """Bytes of a part of a download: as large as fits, up to the vendor's own part."""
        return min(self.limits["post_limit"], self.limits["read_max"], VENDOR_CHUNK)

    def with_flags(self, **flags: bool | float) -> Profile:
        """A copy with limits, times, features or quirks of those names changed.

        0 and 1 are false and true. Raises `UnknownModelError` for a name that none of the four
        has, and for a value that makes no module.
        """
        limits, times, features = dict(self.limits), dict(self.times), dict(self.features)
        quirks: dict[str, Any] = {}
        for name, value in flags.items():
            table: dict[str, Any]
            if name in limits:
                table, read = limits, _OF_TYPE[int]
            elif name in times:
                table, read = times, _OF_TYPE[float]
            elif name in features:
                table, read = features, _OF_TYPE[bool]
            elif name in QUIRKS:
                table, read = quirks, QUIRKS[name]
            else:
                raise UnknownModelError(f"{self.key} has no flag called {name}")
            is_switch = read is read_feature and value in (0, 1)
            try:
                table[name] = read(name, bool(value) if is_switch else value)
            except ValueError as error:
                raise UnknownModelError(str(error)) from None
        return replace(
            self,
            limits=MappingProxyType(limits),
            times=MappingProxyType(times),
            features=MappingProxyType(features),
            quirks=replace(self.quirks, **quirks),
        )
