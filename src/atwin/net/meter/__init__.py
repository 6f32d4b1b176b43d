"""What traffic costs, as the operator counts it (spec: flows.md §6)."""
