"""`python -m atwin` is `atwin`."""

from atwin.cli import main

main()
