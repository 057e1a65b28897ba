"""What stands on the command line, and how it becomes settings and help.

`options` makes flags of settings and settings of flags. `global_flags` are those that every command takes, and
`settings_file` finds the file that counts beside them. `short_help` writes what `--help` prints: of each command the
options and examples that `command_help` lists. `page_flags` are for commands that take no settings, and
`plan_or_checkpoint` tells which of the two a command was given. No
module here knows what a command does.
"""
