"""What steers a running twin from outside: its state, and one table of actions, for any transport.

`state` is what there is to see, `actions` what can be done, `settable` the values that can be set,
`faults` what can go wrong; `schemas` and `shapes` are what actions take and answer. `lines`
speaks of them in JSON lines.
"""
