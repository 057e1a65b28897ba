"""`--engine dask`: who does the work of `import` and `check`, where that is not this process.

`importing` is plan, work and gather in one; `judging` lets a check be done by workers; `child` is what a worker starts.
"""
