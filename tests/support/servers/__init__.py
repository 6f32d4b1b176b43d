"""Servers of many kinds, as doubles and as real programs."""
