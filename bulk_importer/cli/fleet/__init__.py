"""The commands of a fleet: `plan` divides a source, `work` imports a shard, `gather` puts together what came of all."""
