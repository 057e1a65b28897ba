"""What in a batch was refused, and by whom.

`parts` says which part of a refused batch to send next until only the culprits are left out; `body_limit` learns from
which size on bodies do not pass; both are pure. `passage` finds out whether uploads pass at all, with requests that
change nothing. What is done about it is decided in `isolator`: this room neither sends a batch nor records an outcome.
"""
