"""Who may send: one worker at a time for a shard, and for a seat, whatever dies, freezes or is cut off.

No clock is compared with another one. A *holder* creates `lease-EPOCH`, which only one can, and gives a sign of life
now and then; from before each sign on the lease holds for `--lease` by its own clock, which runs on while the
process or the machine is stopped. Another worker that has watched the same sign for longer than that, by its own
clock, creates the next epoch. So the first holder has stopped before the second one begins; one that comes late with a
sign does not give it any more.
"""
