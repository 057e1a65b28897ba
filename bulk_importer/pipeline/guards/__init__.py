"""What ends a run while it goes on, for reasons that no single entry or upload shows.

`config_watch` notices that the label configuration is no longer the one that entries are held against; `first_contact`
gives up a server that has never answered; `error_budget` ends a run in which too much is rejected. They end the run
through its stop switch or by an error, and know nothing of segments, batches or summaries.
"""
