"""What watches a command, in tests: events as they come, counts of them, and what checks what is told."""
