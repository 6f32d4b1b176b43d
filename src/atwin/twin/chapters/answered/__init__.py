"""Families of commands that are answered and not modelled, and a table of what is absent."""
