"""Faults put in on purpose, each of which the short form of `make prove` must find.

    python -m tests.prove.mutants [NAME…] [--base N]

Each is one change of a copy of the source. The proofs are run on that copy until the first find,
the likely ones first, and what is found must be found again by its seed, and not without the fault.
"""
