"""What readers of JSON take out of it, and what they say where something else is there.

`corners` are numbers and points, of which a shape is made or is broken; `saying` is the rest: what attributes say, the
sizes of pictures, and words for people. `digits` has sizes where numbers are texts, in XML and tables.
"""
