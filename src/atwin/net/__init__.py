"""The network that the antenna leads to: resolving, connecting, HTTP exchanges."""
