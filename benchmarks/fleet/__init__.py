"""What a fleet costs and brings: plans, work on shards, many workers."""
