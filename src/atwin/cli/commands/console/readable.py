"""Bytes of a module as a person can read them."""

#: Bytes of a body that are kept for showing, and those that are shown of a longer one.
SHOWN_WHOLE = 64 << 10
_SHOWN_START = 16


def readable(body: bytes, size: int) -> list[str]:
    """Text up to 64 KiB, else the beginning in hex. `body` is the begin of `size` bytes."""
    if size <= min(len(body), SHOWN_WHOLE):
        try:
            text = body.decode()
        except UnicodeDecodeError:
            pass
        else:
            if all(character.isprintable() or character in "\r\n\t" for character in text):
                return text.splitlines()
    return [f"({size} bytes: {body[:_SHOWN_START].hex(' ')}{' …' if size > _SHOWN_START else ''})"]
