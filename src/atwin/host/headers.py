"""The header block of a response, as `AT+HTTPHEAD` hands it out (docs/spec/http.md §3.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atwin.text.parse import decimal

#: Not those of Python: 0x85 and 0xA0 are parts of UTF-8.
_BLANKS = " \t"


class Headers(Mapping[str, str]):
    """Header fields by name, in any case; of repeated fields the values joined by `, `.

    `raw` is the block as received: lines joined by CR LF. `folded` says that the module
    lower-cased it, values included: then no value is what the server said, letter by letter.
    """

    def __init__(self, raw: bytes = b"") -> None:
        self.raw = raw
        text = raw.decode("latin-1")
        # Only ASCII has letters here: other bytes are parts of UTF-8.
        self.folded = bool(raw) and raw == raw.lower()
        self._fields: dict[str, str] = {}
        for line in text.split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                key, value = name.strip(_BLANKS).lower(), value.strip(_BLANKS)
                known = self._fields.get(key)
                self._fields[key] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @property
    def length(self) -> int | None:
        """Content-Length; None when there is none that makes sense. `10, 10` is 10."""
        stated = {value.strip() for value in self.get("content-length", "").split(",")}
        value = stated.pop()
        return None if stated else decimal(value)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"
