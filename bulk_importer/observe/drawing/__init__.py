"""What is drawn of a run and of its entries, as SVG that needs no style sheet and no script.

`plots` shows the course of a run and counts, by way of `charts`. `pictures` draws rejected entries: what of one can be
drawn is found by `entries`, and comes on a `canvas`; `excerpts` shows the same places in its text. `svg` writes
elements. A drawing can stand in a page or in a file of its own: it says what it shows in a title and a description,
takes the colour of the text around it (`currentColor`), and no colour of it is the only sign of something.
"""
