"""A module and its host that live for days of line time, and what their process holds."""
