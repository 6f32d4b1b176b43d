"""Certificates: reading, names, and whether a chain is to be trusted."""
