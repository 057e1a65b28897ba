"""What of a rejected entry can be drawn, and where.

- `pointers` follows the JSON pointer of a finding into an entry, as far as it leads.
- `shapes` finds geometries in an entry in which anything may be wrong; `marks` says which of them findings mean.
- `view` is the part of the plane that is shown, without what lies absurdly far away.
- `looks` gives each class its colour; `outlines`, `pins` and `legend` are what is drawn.

Nothing here trusts an entry: it was rejected, so that values may be of any type, and as many as there are. All of it is
pure, ends after a bounded time, and gives a bounded drawing.
"""
