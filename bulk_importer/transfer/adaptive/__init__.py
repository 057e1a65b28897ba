"""How much to send at a time: what is learnt from each answer. Pure.

`gate` is a controller for two numbers, the requests in flight and the weight of a batch: it tries a step, keeps it
where more weight is delivered a second, and goes back where not. `trials` is what it remembers about each direction,
`goodput` the measure. It is told how each request ended and asked how much may leave; it knows no server, no clock and
no batch.
"""
