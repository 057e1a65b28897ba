"""How a command is seen, and steered, from elsewhere: what settings of the section `watching` ask for.

`watch` opens that around the runs of a command. Each way is a `Watcher`, in a module of its own that is imported only
where its settings ask for it (`page`, of what `browsers` has for any page; `telling`, of which `pinging` calls a URL;
`report`, `metrics`; `service`, for service managers): a watcher sees the events of all runs of the command, one after
the other, and at the end what came of it. No watcher ends a run, changes its exit code, or makes it wait.

The `steward` is there always: it obeys what a person asks, by the socket in the checkpoint folder (`control` is the
command that asks there) or on a page, and says how the run stands (`standing`).
"""
