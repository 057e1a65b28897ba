"""The commands that take labels of projects out of a server: into a file (`backup`), or another project (`migrate`).

`verify_backup` is what `verify` does with a backup. `migrate_text` and `undo_text` put into words what a migration and
an undo are about to do and have done, `reading_writes` that reading writes. All that is done is for `migration`.
"""
