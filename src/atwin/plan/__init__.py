"""One download before it is made: on paper, and on the virtual clock."""
