"""What tests need around a module: an origin server, a simulated network."""
