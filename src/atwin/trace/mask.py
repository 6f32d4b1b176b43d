"""Secrets that stand in AT commands, answers and URLs, taken out before anything is written.

In doubt more is taken out than need be: a trace is made to be shown to somebody.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MASK = "***"

#: What makes a look at the rest worth while: most lines are `OK`.
_SUSPECT = re.compile(
    r"://|[?&;]\S*=|auth|token|secret|passw|cookie|key|session|credential|"
    r"\+(?:CPIN|CPWD|CLCK|SAPBR|CSTT|SSLCFG|MCONFIG|FTPPW|FTPUN)",
    re.IGNORECASE,
)
#: A header whose value is secret; it ends at the `\r\n` of USERDATA, or with the line.
_HEADER = re.compile(
    r"((?<![\w-])[\w-]*(?:auth|token|secret|passw|cookie|api-?key|session|credential)[\w-]*\s*:\s*+)"
    r'(?!\*\*\*)((?!\\r\\n)[^\r\n])+?(?="?(?:\\r\\n|[\r\n]|$))',
    re.IGNORECASE,
)
#: `user:password@` in a URL, up to the last `@` in front of the path.
_USER = re.compile(r"(://)[^/?#\s\"]+@")
#: A password with a slash in it, which is no URL any more and a secret all the same.
_BROKEN_USER = re.compile(r"(://)[^/?#\s\"@:]*:(?!\d{1,5}(?:[/?#\"\s]|$))[^\s\"]*@")
#: `token=...` in a query.
_QUERY = re.compile(
    r"([?&;](?:[\w.\[\]-]|%\w\w)*(?:token|secret|pass|pwd|sig|credential|key|auth|session)"
    r"(?:[\w.\[\]-]|%\w\w)*=)[^&\s\"#]+",
    re.IGNORECASE,
)
#: One argument, quoted or not.
_ARGUMENT = r'(?:"[^"]*"?|[^",;\r]*)'
#: A command, and the argument of it that is secret.
_COMMANDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(\+CPIN ?=)[^;\r?]+",
        r"(\+CPWD ?=)[^;\r?]+",
        rf"(\+CLCK ?={_ARGUMENT},\d,)[^;\r]+",
        r'(\+SAPBR ?= ?3 ?, ?\d ?, ?"?PWD"? ?,)[^;\r]+',
        r'(\+SAPBR: ?"?PWD"? ?[,:] ?)[^\r]+',
        rf"(\+CSTT ?[=:] ?{_ARGUMENT},{_ARGUMENT},){_ARGUMENT}",
        rf"(\+CGAUTH ?[=:] ?\d+,\d+,){_ARGUMENT}(?:,{_ARGUMENT})?",
        r'(\+SSLCFG ?[=:] ?"?premaster"? ?, ?\d+ ?,)[^;\r]+',
        rf"(\+MCONFIG ?= ?{_ARGUMENT},){_ARGUMENT}(?:,{_ARGUMENT})?",
        r"(\+FTPPW ?[=:] ?)[^;\r]+",
    )
)


@lru_cache(maxsize=128)
def masked(text: str) -> str:
    """`text`, one line of the dialogue, without passwords, PINs, tokens and credentials."""
    if _SUSPECT.search(text) is None:
        return text
    text = _HEADER.sub(rf"\1{_MASK}", text)
    text = _USER.sub(rf"\1{_MASK}@", text)
    text = _BROKEN_USER.sub(rf"\1{_MASK}@", text)
    text = _QUERY.sub(rf"\1{_MASK}", text)
    for command in _COMMANDS:
        text = command.sub(rf"\1{_MASK}", text)
    return text
