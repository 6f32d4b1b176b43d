"""Fleets of devices that take no time."""
