"""The commands of TCP and UDP links."""
