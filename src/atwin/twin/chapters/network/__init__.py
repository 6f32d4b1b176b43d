"""The mobile network: registration, attach, operators, signal."""
