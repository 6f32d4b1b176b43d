"""Many modules of one update: each of them simulated, and all of them at one server."""
