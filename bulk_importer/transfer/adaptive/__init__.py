"""How much to send at a time: what is learnt from each answer. Pure.

`gate` is a controller for two numbers, the requests in flight and the weight of a batch: it goes where the most weight
a second can be hoped for. `landscape` is what it has learnt: what each setting can be expected to bring, and how sure
that is. It is told how each request ended and asked how much may leave; it knows no server, no clock and no batch.
"""
