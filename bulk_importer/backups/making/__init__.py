"""From what the server tells of the labels of a media to entries of an import, and how two of these differ. Pure.

- `held` is what the server tells, to the last digit; `lost` names what no entry can say of that.
- `answers` makes the arrays of classifications, `entries` all of an entry.
- `comparing` says where the labels of two lists of entries differ.
"""
