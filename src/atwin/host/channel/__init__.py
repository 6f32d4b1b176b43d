"""One command at a time over the line: its answer, its data, the URCs in between."""
