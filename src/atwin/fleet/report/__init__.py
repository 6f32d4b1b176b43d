"""What a campaign came to, for people and for other programs: a page, tables, files."""
