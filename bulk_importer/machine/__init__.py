"""What this machine, or the container around this process, has to give: cores, and memory that is used again."""
