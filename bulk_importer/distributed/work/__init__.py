"""Imports one shard: takes its lease and a seat, takes over what an earlier worker left, and runs the import of it.

`work_on` is the way in. The pieces of a shard are one source to the pipeline, each proven by its digest before anything
of it is given; what the lease forbids is asked where the last bytes of a request would leave, as a request that is not
whole cannot be executed.
"""
