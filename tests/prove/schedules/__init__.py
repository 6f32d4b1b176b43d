"""Transfers under random schedules: faults, splits, delays, models, strategies, all by a seed."""
