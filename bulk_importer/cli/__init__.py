"""The command line: arguments in, an exit code out.

`main` finds the command; each command is one module with `configure(parser)`, which says what it takes, and
`run(arguments)`, which does it and returns an exit code. Only the module of the command that was asked for is
imported, and it imports heavy libraries where it uses them: `--help` must be instant.

What all commands share: `options` turns settings into flags and back, `terminal` writes to streams that may break,
`signals` turns signals into a clean stop. What the look-up commands share besides is in `lookups`.
"""
