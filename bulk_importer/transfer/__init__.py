"""From batches to outcomes: what leaves when, what an answer means for it, and when to pause or stop.

Pure parts decide (`gate`, `goodput`, `isolation`, `breaker`, `pacing`, `window`), thin ones act: `dispatcher` pulls
batches from the pool and sees each through, `carrier` sends one, `outage` probes a server that is away, `clockwork`
waits for rates and hours, `traffic` gives one request the road for itself, `stop` is the wish to end. `Sending` puts
them together.
"""
