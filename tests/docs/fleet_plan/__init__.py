"""docs/reference/fleet-plan.md, the same in Chinese and the JSON schema, from a plan's keys."""
