"""What the commands share that foresee figures: the line and link they are for, and tables."""
