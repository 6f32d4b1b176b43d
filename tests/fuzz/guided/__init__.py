"""Fuzzers guided by coverage: libFuzzer's bytes are the dice, and what they reach steers it.

`dice` makes numbers and texts of bytes, `corpus` what it begins with, `child` is the process that
is libFuzzer's, `hunt` starts it and reports the outcome.
"""
