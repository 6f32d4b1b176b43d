"""Which bytes the next GET asks for: BREAK and BREAKEND, or a header line (spec: http.md §3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from atwin.host.channel.quoted import quoted_headers

if TYPE_CHECKING:
    from atwin.host.http.parameters import Parameters

#: What BREAK and BREAKEND count to (spec: http.md §3.3).
LAST_BREAK: Final = 0xFFFF_FFFF

#: Why a part cannot be asked for.
_NO_RANGES = (
    "this module cannot ask for a part of a file, so only one that fits its buffer can be fetched"
)


class Ranges:
    """Asks for bytes in the way that the module takes."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        #: Which of BREAK and BREAKEND the module refuses: then it asks for no range by itself.
        self._refused: set[str] = set()

    async def ask_for(self, span: tuple[int, int] | None, header: str) -> None:
        """See `HttpSession.ask_for`."""
        lines = header.split("\r\n") if header else []
        if span is not None and (span[1] > LAST_BREAK or not await self._breaks(*span)):
            lines.insert(0, f"Range: bytes={span[0]}-{span[1]}")
            span = None
        if span is None:
            # 0 to 0 asks for no range: the first byte alone cannot be asked for (spec: http.md §7).
            await self._breaks(0, 0)
        refusal = None
        if lines or "USERDATA" in self._parameters.told:
            data = quoted_headers(lines, "USERDATA")
            refusal = await self._parameters.refusal_of("USERDATA", data, _NO_RANGES)
        if refusal is not None and any(line.startswith("Range:") for line in lines):
            raise refusal

    async def _breaks(self, first: int, last: int) -> bool:
        """BREAK and BREAKEND; False where the module refuses one of them, and asks for no range."""
        parameters = self._parameters
        for tag, value in (("BREAK", first), ("BREAKEND", last)):
            if (
                tag in self._refused
                or await parameters.refusal_of(tag, str(value), _NO_RANGES) is not None
            ):
                self._refused.add(tag)
        if self._refused and parameters.told.get("BREAK") != "0" and "BREAK" not in self._refused:
            await parameters.set("BREAK", 0)
        return not self._refused
