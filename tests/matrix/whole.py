"""The whole matrix: every case of every behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.odd_servers import Case, OddServer, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.host.download.order import Strategy
    from support.odd_servers import Start

MODELS = ("air724ug", "air780e-at", "air780e-lsat")
STARTS: tuple[Start, ...] = ("fresh", "resumed", "killed")


def strategies(model: str) -> tuple[Strategy, ...]:
    """What a module can be asked for."""
    return ("auto", "range") if model == "air724ug" else ("auto", "range", "stream")


def cases(behaviour: type[OddServer], model: str) -> Iterator[Case]:
    """Every case of one behaviour and model that makes sense."""
    for strategy in strategies(model):
        for start in STARTS:
            for sha256 in (False, True):
                for small in (True, False):
                    case = Case(model, strategy, start, sha256, small)
                    if behaviour.applies(case):
                        yield case


BY_NAME = {behaviour.name(): behaviour for behaviour in kinds()}
