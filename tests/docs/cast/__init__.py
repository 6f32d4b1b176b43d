"""A moving picture of a terminal: what is typed runs, and what is printed is what is seen."""
