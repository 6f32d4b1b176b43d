"""Whole files through a module that holds a part of one at a time (docs/spec/flows.md §3)."""
