"""One device of a campaign, from its arrival to its end, on a clock of its own."""
