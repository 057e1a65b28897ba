"""Who may send: one worker at a time for a shard, and for a seat, whatever dies, freezes or is cut off.

No clock is compared with another one. A *holder* creates `lease-EPOCH`, which only one can, and gives a sign of life
now and then, `beat-EPOCH`; from before each sign on the lease holds for `--lease` by its own clock, which runs on while
the process or the machine is stopped. A sign counts when its answer comes while the lease holds: one that comes late,
or not at all, has lost the lease, whether or not somebody took it, and no sign follows. Another worker that has
watched the same sign for longer than that, by its own clock, creates the next epoch. So the first holder has stopped
before the second one begins.

Why that holds, whatever is slow: a sign that counts was there before the lease before it ended. Who takes over looks
for one after that moment, by a margin that is far more than clocks of machines differ in speed, and would have seen it.

A lease that is given back leaves `free-EPOCH`, and is taken at once. Each lease says since which epoch all before it
were given back: what was written since then, nobody but its holder writes to any more.

What this does not see is a machine whose clocks stand still with it, as a virtual one that is suspended: its holder
learns of a new epoch at its next sign. Until then it may send; what it writes, it writes where nobody reads.

Modules: `claims` are the names and what stands there, `watching` how long is long enough, `taking` and `keeping` what
is done when; all of these are told the time, and ask for all else through `interfaces`, which `outside` does. `lease`
is the door, `seats` that of the right to send at all, `waiting` what a person hears meanwhile.
"""
