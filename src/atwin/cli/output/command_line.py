"""A command line as it may be written down."""

import shlex
from collections.abc import Sequence


def shown_command(words: Sequence[str]) -> str:
    """A command line as it may be written down: without bodies, headers' values and passwords.

    (The trace masks the rest.)
    """
    shown = []
    before = ""
    for word in words:
        option, equals, value = word.partition("=")
        if before in _SHOWN:
            shown.append(_SHOWN[before](word))
            before = ""
            continue
        if option in _SHOWN and equals:
            word = f"{option}={_SHOWN[option](value)}"
        elif (short := word[:2]) in _SHOWN and word != short and short != "--":
            word = f"{short}{_SHOWN[short](word[2:])}"
        shown.append(word)
        before = word
    return shlex.join(shown)


def _shown_header(value: str) -> str:
    name, colon, _ = value.partition(":")
    return value if value.startswith("@") or not colon else f"{name}: ***"


def _shown_user(value: str) -> str:
    return value if value.startswith("@") else "***"


def _shown_body(value: str) -> str:
    return value if value.startswith("@") else f"({len(value.encode())} bytes)"


def _shown_inner(command: str) -> str:
    try:
        return shown_command(shlex.split(command))
    except ValueError:
        return "***"


#: Options whose value is not written down as it is, and how it is.
_SHOWN = {
    "--data": _shown_body,
    "-d": _shown_body,
    "--header": _shown_header,
    "-H": _shown_header,
    "--user": _shown_user,
    "-u": _shown_user,
    "--run": _shown_inner,
}
