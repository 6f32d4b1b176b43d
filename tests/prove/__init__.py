"""Long proofs: each runs alone as `python -m tests.prove.NAME`, and shortly in the test suite."""
