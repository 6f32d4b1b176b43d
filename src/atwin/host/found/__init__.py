"""What a module was found in: states an earlier program left it in, how they show, their cure.

`mute` undoes what keeps a module from answering, `offline` what keeps it off the network, `context`
what its HTTP sessions begin with; `settings` are given back at the end.
"""
