"""Imports from a server that changes by the clock, in simulated time: the whole sending side, run after run."""
