"""What explains the program: `help`, `explain`, `completion`, and the man pages.

`topics` prints a page of `pages/`, or every option of a command, and `explain` what a finding or an exit code means.
`exit_codes` is the one place that says what an exit code means, for `explain`, the README, and the tests of both.
`completion` prints what a wheel carries; `shell_files` makes it, and the man pages, when a wheel is built.
"""
