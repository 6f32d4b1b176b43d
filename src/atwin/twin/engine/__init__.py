"""How a command line becomes an answer, whatever the command."""
