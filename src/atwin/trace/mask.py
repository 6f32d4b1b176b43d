"""Secrets that stand in AT commands and headers, taken out before anything is written."""

from __future__ import annotations

import re

_MASK = "***"

#: A header whose value is secret; it ends at a quote, at the `\r\n` of USERDATA, or at the end.
_HEADER = re.compile(
    r'((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(\s*:\s*)((?!\\r\\n)[^"\r\n])+?'
    r'(?=\\r\\n|["\r\n]|$)',
    re.IGNORECASE,
)
#: `user:password@` in a URL.
_CREDENTIALS = re.compile(r"(://)[^/?#\s\"@]+@")
#: `token=...` in a query.
_QUERY = re.compile(
    r"([?&](?:[\w-]*(?:token|secret|password|passwd|signature|credential|api_?key|access_?key))=)"
    r"[^&\s\"#]+",
    re.IGNORECASE,
)
#: A command, and the arguments of it that are secret.
_COMMANDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(\+CPIN=)[^;\r]+()",
        r'(\+SAPBR=3,\d,"?PWD"?,)[^;\r]+()',
        r'(\+SAPBR: "?PWD"?,)[^\r]+()',
        r'(\+CSTT[=:] ?"[^"]*","[^"]*",)"[^"]+"()',
        r'(\+SSLCFG="?premaster"?,\d+,)[^;\r]+()',
        r'(\+SSLCFG: "premaster",\d+,)"[^"]+"()',
    )
)


def masked(text: str) -> str:
    """`text`, one line of the dialogue, without passwords, PINs, tokens and credentials."""
    text = _HEADER.sub(rf"\1\2{_MASK}", text)
    text = _CREDENTIALS.sub(rf"\1{_MASK}@", text)
    text = _QUERY.sub(rf"\1{_MASK}", text)
    for command in _COMMANDS:
        text = command.sub(rf"\1{_MASK}\2", text)
    return text
