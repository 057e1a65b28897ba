"""What ends a run while it goes on, for reasons that no single entry or upload shows.

`config_watch` notices that the label configuration is no longer the one that entries are checked against;
`first_contact` gives up a server that has never answered; `error_budget` ends a run in which too much is rejected;
`grace` gives up requests in flight when the grace period after a stop is over; `replacement` has it confirmed that
labels are deleted, before the first entry leaves that may delete some, and `keeping` keeps what is replaced. They end
the run through its stop switch or by an error, and know nothing of segments, batches or summaries. Two limits are kept
elsewhere: `--limit` is counted where entries are handed to the pool (`one_pass.feed`), `--doubt-wait` in `passes`.
"""
