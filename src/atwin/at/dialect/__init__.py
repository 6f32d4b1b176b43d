"""What AT commands and URCs look like on the line: one table, which every room reads."""
