"""Compares the label configurations of two projects, and gives one what it lacks of the other.

- `differences` says what one lacks, and where the two differ.
- `extending` adds what is missing, and proves that nothing else became of what was there.

Nothing here asks a server.
"""
