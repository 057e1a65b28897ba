"""What several measurements share: what is imported, where it goes, what it is compared with, and how it is measured.

- `corpus` makes labels by size and shape.
- `sink` is a server that takes everything; `gate_servers` are simulated ones whose cost depends on what is in flight.
- `traces` says what a running server took, of `campaigns`; `trace_servers` are simulated from it, and `gate_scenarios`
  what a gate is put through there.
- `baseline` is the importer that a competent person writes in an afternoon.
- `measuring` runs programs, and writes results with what they were measured on, and charts.
- `stale` names the results whose code has changed since.
"""
