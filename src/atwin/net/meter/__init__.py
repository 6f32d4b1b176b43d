"""What traffic costs, as the operator counts it (docs/spec/flows.md §6)."""
