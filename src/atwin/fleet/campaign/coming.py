"""When each device of a campaign comes, in the model of the whole fleet and in real time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from atwin.twin.faults.dice import Dice

if TYPE_CHECKING:
    from atwin.fleet.campaign.campaign import Campaign


class Coming(NamedTuple):
    """When a device comes: its `place` in the order of the stages, 0 to 1; `arrival`, seconds after
    the start; and the dice for the rest of what is left to chance."""

    place: float
    arrival: float
    dice: Dice

    @classmethod
    def of(cls, campaign: Campaign, number: int, replicate: int = 0) -> Self:
        """That of device `number`; each replicate has others."""
        dice = Dice(campaign.seed, f"server {replicate} {number}")
        return cls(dice.fraction(), campaign.arrival.moment(dice.fraction()), dice)
