"""What this machine, or the container around this process, has to give: cores, memory, and an allocator that keeps it."""
