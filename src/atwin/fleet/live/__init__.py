"""Devices of a campaign in real time, against a server that is there."""
