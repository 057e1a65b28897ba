"""Measurements of speed and of behaviour, each a module to be run with `python -m benchmarks.NAME`.

`bench_*` measure and write to `benchmarks/results`, with the machine, the commit and the day. `*_campaign` kill runs or
break their gateway at random, as long as one likes. What they share is in `parts`; `parts.beside` compares this build
with an earlier one, and `parts.stale` says which results are older than what they measure.

What limits it, on the corpus `documented` (1.8 kB an entry), in processor time for each MB of it; `bench_validation`
gives the stages again, the rest is what the processes of a run took besides:

    worker, check    about 11 ms: 5.5 decoding and freeing, of which 2.2 are the grammar of JSON alone; 2.2 the count
                     of what arrived; 1.2 colons, which prove that no key came twice; 1.0 delimiting and cutting out;
                     the rest reading, the digest of the segment, the answer
    worker, import   2.1 ms more, for the digest of each entry
    main process     1 to 1.5 ms in a check; 4 to 5 in an import: a sixth of that the gate looking around, a sixth
                     packing and joining bodies, an eighth writing them to the socket, the rest the event loop,
                     2 ms a request
    once             the start: 0.17 s of a check, 0.3 of an import, and 0.08 for each worker; a form of what was seen:
                     2 ms for a handful of classes, 25 for forty, up to three times in each worker

A check is limited by the decoder, which makes an object of each point; nothing in Python around it is worth as much.
An import is limited by the same and, with two cores, by the main process beside it. Of the start of an import, more
than half is importing aiohttp with the event loop, another quarter our own modules, a tenth the run itself.
"""
