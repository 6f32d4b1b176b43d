"""A folder served by HTTP and HTTPS: what `python -m atwin.testing` runs."""
