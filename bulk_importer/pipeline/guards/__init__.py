"""What ends a run while it goes on, for reasons that neither the source nor an upload would show.

`config_watch` notices that the label configuration is no longer the one that entries are held against; `first_contact`
gives up a server that has never answered. Both end the run through its stop switch or by an error. They know
nothing of segments, batches or summaries.
"""
