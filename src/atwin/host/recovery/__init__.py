"""What follows a failure: another try, the vendor's ladder (docs/spec/flows.md §1, power.md §5)."""
