"""Secrets that stand in AT commands, answers, headers and URLs, taken out before text is written.

In doubt more is taken out than need be: a trace, an error or a journal is shown to somebody.
The time it takes grows with the length of the text and no faster, whatever the text is: each
pattern is matched from places that the one before has not looked at.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from atwin.at.dialect.commands import COMMANDS, SECRET_LINES

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.at.dialect.commands import Secret

Cached = TypeVar("Cached", bound="Callable[..., object]")

_MASK = "***"

#: What `hide` was given, as it is and as USERDATA has it.
_HIDDEN: dict[str, None] = {}
_SHORTEST_HIDDEN = 6
#: Empty the caches of text that was masked before `hide` was given something more.
_FORGET: list[Callable[[], None]] = []


def cached(most: int) -> Callable[[Cached], Cached]:
    """Keep the last `most` results of a function that masks its text, until `hide` is called."""

    def keep(function: Cached) -> Cached:
        kept = lru_cache(maxsize=most)(function)
        _FORGET.append(kept.cache_clear)
        return kept  # type: ignore[return-value]

    return keep


#: The commands with a secret argument, without their `+`.
_WITH_SECRETS = {name[1:]: row.secrets for name, row in COMMANDS.items() if row.secrets}

#: What makes a look at the rest worth while: most lines are `OK`.
_SUSPECT = re.compile(
    r"://|%3A%2F%2F|@|%40|[?&;#]|%(?:26|3F|23|3B)|auth|token|secret|passw|cookie|key|session|"
    rf"credential|signature|X-|\+(?:{'|'.join(_WITH_SECRETS)})|{'|'.join(SECRET_LINES)}",
    re.IGNORECASE,
)

# --- headers ------------------------------------------------------------------------------------

#: A header, not after a slash; its value ends at the `\r\n` of USERDATA, or with the line.
_HEADER = re.compile(r"(?<![\w/-])([\w-]++)\s*+:\s*+(?!\*\*\*)(?=[^\r\n])")
_VALUE_END = re.compile(r'(?="?(?:\\r\\n|[\r\n]|$))')
#: What a header is called whose value is secret; one word after a blank is one of a sentence.
_SECRET_HEADER = re.compile(
    r"auth|token|secret|passw|cookie|api-?key|\w-key|session|credential|signature", re.IGNORECASE
)
_SECRET_ANYWHERE = re.compile(r"authorization|cookie|token|apikey", re.IGNORECASE)

#: Of what AT+CIPSCONT? calls the password of AT+CSTT.
_CONFIG = "Gprs Config "

# --- URLs ---------------------------------------------------------------------------------------

#: What cannot be part of a URL ends it.
_WORD = re.compile(r"[^\s\"]+")
#: `user:password@` in a URL, up to the last `@` in front of the path, also one that is escaped.
_USER = re.compile(r"(://)[^/?#]+(@|%40)")
#: The start of a password with a slash in it, which is not a URL any more and still a secret.
_BROKEN_USER = re.compile(r"(://)[^/?#@:]*+:(?!\d{1,5}(?:[/?#]|$))")
#: The same of a URL that is a value in a query, and of one without a scheme.
_INNER_USER = re.compile(r"(%3A%2F%2F)(?:(?!%2F)[^/?#&])+(%40|@)", re.IGNORECASE)
_BARE_USER = re.compile(r"([^/?#:@]+:)[^/?#@]+@")
#: `token=...` in a query or after a `#`, escaped in a query of its own as well. No possessive
#: group: before Python 3.11.5 one forgets where it was when its last turn fails half-way.
_PAIR = re.compile(
    r"(?:[?&;#]|%(?:26|3F|23|3B))([\w.\[\]-]*+(?:%(?!26|3F|23|3B|3D)\w\w[\w.\[\]-]*+)*)"
    r"(?:=|%3D)(?=[^&#])",
    re.IGNORECASE,
)
#: Marks at its very end are more likely of the sentence around it.
_PAIR_END = re.compile(r"[&#]|[:,;.)']{0,2}$")
#: What a value of a query is called that is secret: by any part of the name, or by a whole word.
_SECRET_NAME = re.compile(
    r"token|secret|pass|pwd|pw|sig|credential|key|auth|session|jwt", re.IGNORECASE
)
_SECRET_WORDS = {"pin", "puk", "code", "otp", "k", "psk", "sas", "sid"}
_WORD_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Za-z][a-z]*")

# --- commands -----------------------------------------------------------------------------------

#: One argument, quoted or not, with the blanks around it; and everything up to the next command.
_ARGUMENT = r'\s*+(?:"[^"]*+"?+\s*+|[^",;\r]*+)'
_REST = r'(?:"[^"]*+(?:"|$)|[^";\r])++'


def _secret_pattern(secrets: tuple[Secret, ...]) -> re.Pattern[str]:
    """What follows the name up to the secret (group 1), and the secret; more after it stays."""
    before = "|".join(map(_before, secrets))
    count = secrets[0].count
    secret = _REST if count is None else _ARGUMENT + f"(?:,{_ARGUMENT})?" * (count - 1)
    return re.compile(rf"({before}){secret}", re.IGNORECASE)


def _before(secret: Secret) -> str:
    separator = "," if "=" in secret.marks else "[,:]"
    arguments = [
        rf"\s*+{secret.where[at]}\s*+" if at in secret.where else _ARGUMENT
        for at in range(secret.first)
    ]
    start = "".join(argument + separator for argument in arguments) or r"\s*+(?!\?)"
    return rf"\s*+[{secret.marks}]{start}"


_SECRETS = {name: _secret_pattern(secrets) for name, secrets in _WITH_SECRETS.items()}
_LINE = re.compile(rf"\b((?:{'|'.join(SECRET_LINES)}):[ \t]*+)(?!\*\*\*)[^\r\n]+")
_COMMAND = re.compile(rf"\+({'|'.join(_SECRETS)})(?=\s*+[=:])", re.IGNORECASE)
#: Such a command that has no such argument is read to the end of the line at worst; so many are.
_MOST_READ = 64


@cached(128)
def masked(text: str) -> str:
    """`text`, a line of the dialogue or of a message, without passwords, PINs, tokens, credentials.

    Raises nothing. Doing it twice changes nothing.
    """
    for secret in _HIDDEN:
        text = text.replace(secret, _MASK)
    if _SUSPECT.search(text) is None:
        return text
    text = _LINE.sub(rf"\1{_MASK}", _without_headers(text))
    text = _WORD.sub(lambda word: masked_url(word[0]), text)
    return _without_arguments(text)


def hide(secret: str) -> None:
    """Let `masked` take `secret` out wherever it stands, in this process from now on.

    For what no name gives away. Fewer than six characters would be found where there is no secret.
    """
    if len(secret) >= _SHORTEST_HIDDEN:
        _HIDDEN.update(dict.fromkeys((secret, secret.replace('"', "\\22"))))
        forget()


def forget() -> None:
    """Empty every cache of masked text."""
    for empty in _FORGET:
        empty()


def _without_headers(text: str) -> str:
    return _without_values(text, _HEADER, _VALUE_END, _is_secret_header)


def _without_values(
    text: str,
    begin: re.Pattern[str],
    end: re.Pattern[str],
    is_secret: Callable[[re.Match[str]], bool],
) -> str:
    """`begin` is a name (group 1) with what follows it up to its value; `end` is empty there."""
    pieces, at = [], 0
    while (found := begin.search(text, at)) is not None:
        value = found.end()
        pieces.append(text[at:value])
        at = value
        if is_secret(found) and (stop := end.search(text, value + 1)) is not None:
            pieces.append(_MASK)
            at = stop.start()
    pieces.append(text[at:])
    return "".join(pieces)


def _is_secret_header(header: re.Match[str]) -> bool:
    name, start = header[1], header.start()
    is_named = header.string.endswith(_CONFIG, 0, start)
    if "-" not in name and header.string[start - 1 : start] == " " and not is_named:
        return _SECRET_ANYWHERE.fullmatch(name) is not None
    return is_secret_header(name)


def is_secret_header(name: str) -> bool:
    """Whether a header of that name, in any letter case, is one that carries a secret."""
    if _SECRET_HEADER.search(name) is not None:
        return True
    return name[:2] in ("X-", "x-") and _is_secret_name(name[2:])


def masked_url(text: str) -> str:
    """A URL without the secrets in it: user and password, and what tokens the query carries.

    Or one word without blanks and quotes that may hold a URL. Raises nothing.
    """
    if "://" in text and ("@" in text or "%40" in text):
        text = _USER.sub(rf"\1{_MASK}\2", text)
        broken, last = _BROKEN_USER.search(text), text.rfind("@")
        if broken is not None and last >= broken.end():
            text = f"{text[: broken.end(1)]}{_MASK}{text[last:]}"
    if "%" in text:
        text = _INNER_USER.sub(rf"\1{_MASK}\2", text)
    if (bare := _BARE_USER.match(text)) is not None:
        text = f"{bare[1]}{_MASK}{text[bare.end() - 1 :]}"
    return _without_values(text, _PAIR, _PAIR_END, lambda pair: _is_secret_name(unquote(pair[1])))


def _is_secret_name(name: str) -> bool:
    if _SECRET_NAME.search(name) is not None:
        return True
    return any(word.lower() in _SECRET_WORDS for word in _WORD_OF_NAME.findall(name))


def _without_arguments(text: str) -> str:
    pieces, at, left = [], 0, _MOST_READ
    while (command := _COMMAND.search(text, at)) is not None:
        end = command.end()
        secret = _SECRETS[command[1].upper()].match(text, end)
        if secret is not None:
            pieces.append(f"{text[at : secret.end(1)]}{_MASK}")
            at = secret.end()
        elif left:
            left -= 1
            pieces.append(text[at:end])
            at = end
        else:
            pieces.append(f"{text[at:end]}={_MASK}")
            return "".join(pieces)
    pieces.append(text[at:])
    return "".join(pieces)
