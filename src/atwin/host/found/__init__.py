"""What a module was found in: states an earlier program left it in, how they show, their cure.

`mute` undoes what keeps a module from answering, `offline` what keeps it off the network, `context`
what its HTTP sessions begin with; `settings` are given back at the end.
"""

from atwin.host.found.context import Context
from atwin.host.found.mute import Mute
from atwin.host.found.offline import Offline
from atwin.host.found.settings import Found

__all__ = ["Context", "Found", "Mute", "Offline"]
