"""What a PLAN.toml says: devices, server, campaign; who each device is, and which are simulated."""
