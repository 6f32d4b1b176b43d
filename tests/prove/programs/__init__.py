"""Programs of others that start on a twin as they are: which, and what each shows at its end."""
