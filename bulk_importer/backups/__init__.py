"""The labels that media hold: read from the server, written as entries, kept in a file, compared.

- `reading` reads many media at a time and hands them on in order; `gate` decides how many, and is pure.
- `making` makes entries of what the server tells, exactly, and compares them. It is pure.
- `file` keeps entries in a file that proves itself whole, and that a crash leaves fit to be gone on with.
- `holdings` reads chosen media of a project, whose tasks `task_ids` knows; `replaced` keeps what an import replaces.

It knows no command: which media are read, what is said of it and what is done with entries is for `migration`, and for
whoever keeps labels before replacing them. Nothing is sent here.
"""
