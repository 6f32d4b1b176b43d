"""Runs the devices of a fleet, wherever there are workers, and keeps every row that came."""
