"""A capture for Wireshark: a pcapng file with the AT line and the network on one clock."""
