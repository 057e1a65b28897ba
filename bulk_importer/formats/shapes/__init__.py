"""Shapes: from what a format has to the geometries of an import that hold the same area, line or point.

- `shaping` has the table of what becomes of each shape, and does it.
- `masks` reads run lengths into lines of runs, and `png` pictures; `tracing` follows the edges of their pixels.
- `bounds` says what of a shape lies in its picture; `nesting` which of its outlines are holes; `keyholes` cuts
  these into the others.

Pure. Which class a shape goes to is decided in `writing`.
"""
