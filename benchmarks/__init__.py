"""Measurements of speed and of behaviour, each a module to be run with `python -m benchmarks.NAME`."""
