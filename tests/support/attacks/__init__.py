"""What a stranger sends to a port of this machine, and what may come of it.

`raw` speaks without a library that would make sense of a request first; `attacked` is what it is said to. Attacks are
rows of `callers`, who ask for the right things and are the wrong ones, and of `requests`, which nobody would send;
`floods` come in crowds. `scene` is a run of the real command that all of it is done to.
"""
