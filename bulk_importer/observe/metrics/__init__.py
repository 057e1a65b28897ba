"""Metrics of a command, for Prometheus: what it counts, in both formats of exposition, over HTTP or in a file.

`counts` adds up events, with what a `histogram` needs; `table` says which metrics there are, each once: its name, what
kind it is, what it tells, and where its value comes from. `exposition` writes them with prometheus-client, which
nothing else of this program knows, in the format that a request asks for (`accepting`); `label_values` are what
strangers wrote. `server` answers scrapes, and
`textfile` keeps a file for the textfile collector of the node exporter.

Counters are sums over all runs of one command, from its start on; what is about a source is about the one that is
imported at the moment. Labels have few values: words of closed sets, codes of findings, and in one metric what the run
is about. No name of a media is among them. Names never change their meaning: dashboards and alerts are built on them,
and a test holds those in `config` against the table.

Metrics are no secret: nothing in them opens anything.
"""
