"""Measurements of speed and of behaviour, each a module to be run with `python -m benchmarks.NAME`.

`bench_*` measure and write to `benchmarks/results`, with the machine, the commit and the day. `*_campaign` kill runs or
break their gateway at random, as long as one likes. What they share is in `parts`.
"""
