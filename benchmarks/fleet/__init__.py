"""What a fleet costs and brings: plans, work on shards, many workers.

On two cores. A plan takes 1.07 of the processor time of a check, at 0.91 of its throughput (`bench_plan`, 500 MB, three
rounds). Two workers of Dask check 2 GB at 0.83 and 0.85 of the speed of two processes of one command, for 1.27 times
their processor time (`bench_fleet_dask`, two rounds). Against a server with a limit, 2, 4 and 8 workers with 8 requests
in flight together bring 1.00, 0.93 and 0.91 of what one brings; where the server takes all, two bring 1.09 of one, and
have both cores busy then (`bench_workers`, two rounds).
"""
