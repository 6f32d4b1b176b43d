"""Faults on a plan: what goes wrong in the module, on its line and on the network, and when."""
