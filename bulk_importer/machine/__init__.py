"""What this machine, or the container around this process, has to give: cores, and memory that is used again.

`cpu_quota` counts the cores that may be used and `memory` the bytes that are free, both within the bounds that
`control_groups` finds; `malloc` makes the C library use the memory of large blocks again; `children` says how a child
process of this program is started, `aside` gives a thread to what may never return, and `boot_clock` tells the time to
those that may be stopped. Nothing here knows what they are used for.
"""
