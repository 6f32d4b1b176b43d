"""Lines and what hangs on their ends."""
