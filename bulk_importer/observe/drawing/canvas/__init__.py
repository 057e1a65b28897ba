"""The canvas on which the geometries of an entry are drawn.

- `view` is the part of the plane that is shown, without what lies absurdly far away; `ground` is the image, or a sheet
  of its size.
- `outlines` are geometries as lines on it, in the looks of their classes (`looks`); `layers` puts right ones below and
  wrong ones above, `places` is where something is wrong, and `lens` shows that larger where it is small.
- `pins` are the numbers and names on it, each where there is room, `legend` what stands below, in the letters of
  `lettering`; `words` says it all to whoever cannot see it.

All of it is pure, and gives a bounded drawing.
"""
