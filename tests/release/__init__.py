"""What is released: built, compared, checked, installed where there is nothing else."""
