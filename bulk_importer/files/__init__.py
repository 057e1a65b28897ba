"""Files on this machine, above what the standard library gives.

- `durable`: files that survive a power cut, appended to or replaced as a whole.
- `packed`: files that are compressed as their endings say.
- `plans`: whether a folder holds a plan for many workers.
- `small_files`: what a person wrote, and what is wrong where it cannot be read.

What is in the files is for those who read and write them. Sources are larger, and have a package of their own.
"""
