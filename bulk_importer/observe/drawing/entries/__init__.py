"""What of a rejected entry can be drawn: its geometries, and which of them its findings mean.

`pointers` follows the JSON pointer of a finding into an entry, as far as it leads; `shapes` finds geometries, and
`marks` says which of them, and which of their points, findings mean.

Nothing here trusts an entry: it was rejected, so that values may be of any type, and as many as there are. All of it is
pure, and ends after a bounded time.
"""
