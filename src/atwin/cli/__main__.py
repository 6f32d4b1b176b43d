"""`python -m atwin.cli` is `atwin`."""

from atwin.cli import main

main()
