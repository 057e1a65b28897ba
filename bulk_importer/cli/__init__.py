"""The command line: arguments in, an exit code out.

`main` finds the command; each command is one module with `configure(parser)`, which says what the command takes, and
`run(arguments)`, which does it and returns an exit code. Only the module of the command that was asked for is
imported, and it imports heavy libraries where it uses them: `--help` must be instant.

Commands that take the same stand together: `importing`, `converting`, `migrating`, `checkpoints`, `fleet`, `serving`,
`lookups`, `practice`, `help`, `settings`. `parsing` is how words become settings and help, `watching` what watches a
command, `reporting` what makes pages. Besides, all commands share

- `output`: what was asked for, on standard output or in a file (`output_file`); `output_options`: how much is written,
  and how; `columns`: rows under each other;
- `messages`: what a person is told meanwhile, on standard error; `progress_display`: how far a command is;
  `questions`: what a person is asked;
- `streams`: both streams, which may break at any time without ending a run;
- `signals`, which turns signals into a clean stop, and `event_loop`.
"""
