"""`+++` and its silences, to the tenth of a second."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.twin.sockets.transparent import Escape

#: Seconds of silence, then what is typed.
Typed = list[tuple[float, bytes]]


def typed(what: Typed) -> list[bytes | str]:
    """The data that came out, and "found" for each escape, in order."""
    out: list[bytes | str] = []

    async def main() -> None:
        escape = Escape(LoopClock(), out.append, lambda: out.append("found"))
        for gap, data in what:
            await asyncio.sleep(gap)
            escape.typed(data)
        await asyncio.sleep(2)

    run_virtual(main())
    return out


@pytest.mark.parametrize(
    "what",
    [
        [(1.0, b"+++")],
        [(5, b"+"), (0.4, b"+"), (0.4, b"+")],
        [(1.2, b"++"), (0.49, b"+")],
    ],
)
def test_found(what: Typed) -> None:
    assert typed(what) == ["found"]


@pytest.mark.parametrize(
    "what",
    [
        [(0.9, b"+++")],  # no silence before
        [(2, b"x"), (0.9, b"+++")],
        [(2, b"+++"), (0.4, b"\r")],  # none behind
        [(2, b"++++")],
        [(2, b"+++"), (0.3, b"+")],
        [(2, b"+"), (0.6, b"++")],  # too slow
        [(2, b"++")],
        [(2, b"+++x")],
        [(2, b"x+++")],
        [(2, b"+"), (0.1, b"+x+")],
    ],
)
def test_data(what: Typed) -> None:
    out = typed(what)
    assert "found" not in out
    assert b"".join(out) == b"".join(data for _, data in what)  # type: ignore[arg-type]


def test_data_without_plus_are_not_held_back() -> None:
    out: list[bytes] = []

    async def main() -> None:
        escape = Escape(LoopClock(), out.append, out.clear)
        await asyncio.sleep(2)
        escape.typed(b"+")
        assert out == []
        escape.typed(b"abc")
        assert out == [b"+", b"abc"]
        await asyncio.sleep(0.5)

    run_virtual(main())


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0.1, 0.3, 0.6, 0.9, 1.1, 2]),
            st.sampled_from([b"+", b"++", b"+++", b"++++", b"a", b"+a", b"a+", b"\r"]),
        ),
        max_size=12,
    )
)
def test_nothing_is_lost_or_changes_places(what: Typed) -> None:
    out = typed(what)
    restored = b"".join(b"+++" if piece == "found" else piece for piece in out)  # type: ignore[misc]
    assert restored == b"".join(data for _, data in what)
