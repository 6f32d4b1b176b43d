"""Programs as child processes, and how tests are run."""
