"""Moves the labels of projects: out of the server into a file, and back.

- `backup` reads the labels of a project into a backup file; `listing` keeps on disk which media that are; `report` is
  what is said of a backup.

A backup is brought back by an ordinary import of the file (see `backups.making.entries`), so nothing of that is here.
"""
