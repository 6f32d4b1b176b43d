"""One HTTP session of the module, and what it is set up with."""
