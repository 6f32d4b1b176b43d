"""atwin: a virtual AT cellular module that does real HTTP, and the host that drives one."""

__version__ = "0.1.0"
