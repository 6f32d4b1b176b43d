"""How proofs are run: processes, what is kept of them, and what is told at the end."""
