"""Plans for tests of a fleet, without the pass over a source that makes one."""
