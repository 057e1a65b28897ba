"""What is done with projects as a whole, above single imports: labels out into a file or another project, tasks,
label configurations.

- `backup` reads the labels of a project into a backup file; `listing` keeps on disk which media that are; `report` is
  what is said of a backup, `proving` proves it whole and compares it with the server. A backup is brought back by an
  ordinary import of the file (see `backups.making.entries`), so nothing of that is here.
- `moving` moves the labels of a project into another, and compares what arrived; `undo` takes an import back.
- `tasks` completes, skips and reviews tasks, those whose labels imports delivered first of all.
- `configuring` adds to the label configuration of a project what it lacks of another.
"""
