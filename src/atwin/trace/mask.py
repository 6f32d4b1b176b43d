"""Secrets that stand in AT commands, answers and URLs, taken out before anything is written.

In doubt more is taken out than need be: a trace is made to be shown to somebody.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MASK = "***"

#: What makes a look at the rest worth while: most lines are `OK`.
_SUSPECT = re.compile(
    r"://|%3A%2F%2F|@|%40|[?&;#]\S*=|auth|token|secret|passw|cookie|key|session|credential|signature|"
    r"\+(?:CPIN|CPWD|CLCK|SAPBR|CSTT|SSLCFG|MCONFIG|FTPPW|FTPUN)",
    re.IGNORECASE,
)
#: A header whose value is secret; it ends at the `\r\n` of USERDATA, or with the line.
_HEADER = re.compile(
    r"((?<![\w-])[\w-]*(?:auth|token|secret|passw|cookie|api-?key|\w-key|session|credential|signature)"
    r"[\w-]*\s*:\s*+)"
    r'(?!\*\*\*)((?!\\r\\n)[^\r\n])+?(?="?(?:\\r\\n|[\r\n]|$))',
    re.IGNORECASE,
)
#: `user:password@` in a URL, up to the last `@` in front of the path, also one that is escaped.
_USER = re.compile(r"(://)[^/?#\s\"]+(@|%40)", re.IGNORECASE)
#: A password with a slash in it, which is no URL any more and a secret all the same.
_BROKEN_USER = re.compile(r"(://)[^/?#\s\"@:]*:(?!\d{1,5}(?:[/?#\"\s]|$))[^\s\"]*@")
#: The same of a URL that is a value in a query, and of one without a scheme.
_INNER_USER = re.compile(r"(%3A%2F%2F)(?:(?!%2F)[^/?#&\s\"])+(%40|@)", re.IGNORECASE)
_BARE_USER = re.compile(r"((?:^|[\s\"])[^\s\"/?#:@]+:)[^\s\"/?#@]+@")
#: `token=...` in a query or behind a `#`, escaped in a query of its own as well.
_NAME = r"(?:[\w.\[\]-]|%(?!26|3F|23|3B|3D)\w\w)*"
_QUERY = re.compile(
    rf"((?:[?&;#]|%(?:26|3F|23|3B)){_NAME}"
    rf"(?:token|secret|pass|pwd|sig|credential|key|auth|session|jwt){_NAME}(?:=|%3D))[^&\s\"#]+",
    re.IGNORECASE,
)
#: One argument, quoted or not, with the blanks around it; and everything up to the next command.
_ARGUMENT = r'\s*+(?:"[^"]*+"?+\s*+|[^",;\r]*+)'
_REST = r'(?:"[^"]*+(?:"|$)|[^";\r])+'
#: A command, and the argument of it that is secret.
_COMMANDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(\+CPIN2?\s*+=\s*+)(?!\?){_REST}",
        rf"(\+CPWD\s*+=)(?!\?){_REST}",
        rf"(\+CLCK\s*+={_ARGUMENT},{_ARGUMENT},){_REST}",
        rf'(\+SAPBR\s*+=\s*+"?3"?\s*+,{_ARGUMENT},\s*+"?PWD"?\s*+,){_REST}',
        r'(\+SAPBR: ?"?PWD"? ?[,:] ?)[^\r]+',
        rf"(\+CSTT\s*+[=:]{_ARGUMENT},{_ARGUMENT},){_ARGUMENT}",
        rf"(\+CGAUTH\s*+[=:]{_ARGUMENT},{_ARGUMENT},){_ARGUMENT}(?:,{_ARGUMENT})?",
        rf'(\+SSLCFG\s*+[=:]\s*+"?(?:premaster|psk\w*)"?\s*+,{_ARGUMENT},){_REST}',
        rf"(\+MCONFIG\s*+={_ARGUMENT},){_ARGUMENT}(?:,{_ARGUMENT})?",
        rf"(\+FTPPW\s*+[=:]\s*+)(?!\?){_REST}",
    )
)


@lru_cache(maxsize=128)
def masked(text: str) -> str:
    """`text`, one line of the dialogue, without passwords, PINs, tokens and credentials."""
    if _SUSPECT.search(text) is None:
        return text
    text = _HEADER.sub(rf"\1{_MASK}", text)
    text = _USER.sub(rf"\1{_MASK}\2", text)
    text = _BROKEN_USER.sub(rf"\1{_MASK}@", text)
    text = _INNER_USER.sub(rf"\1{_MASK}\2", text)
    text = _BARE_USER.sub(rf"\1{_MASK}@", text)
    text = _QUERY.sub(rf"\1{_MASK}", text)
    for command in _COMMANDS:
        text = command.sub(rf"\1{_MASK}", text)
    return text
