"""Faults on a plan: what goes wrong in the module, on its line and behind its antenna, and when."""
