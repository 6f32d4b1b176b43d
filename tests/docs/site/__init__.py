"""The site of docs: two languages of it staged, built, and read again as a stranger would."""
