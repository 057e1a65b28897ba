"""Whether a request may leave now: what holds all of them back, whatever is in them.

- `breaker` decides when an outage begins, when to ask again and when to give up; `breaker_probe` asks.
- `latency_guard` decides how much a slow server can bear (`--polite`); `latency_probe` times the reads for it.
- `rates` and `window` are what a person allowed: so many a second, between these hours; `schedule` waits for both.
- `steering` is what a person asks of a run that is under way: to pause, or to send less; `held` keeps from the server
  what only looks at it meanwhile.
- `admission` is the breaker, the latency, the steering and the wish to stop as one, for those who have to ask all.

The first of each pair is pure and is told the time; the second waits and asks. None of them knows a batch.
"""
