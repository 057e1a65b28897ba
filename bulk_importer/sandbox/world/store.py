"""Keeps projects, media, tasks and labels in one SQLite file, one transaction a request.

Terms: a *row number* is the key of everything; ids are computed from it (`ids.py`). The labels of a task are
one row, a packed tree (`values.py`), because they are always read and written together.

Format: the tables below, `user_version` 1, WAL. Long lists are read piece by piece; each order in which one
is read has its index (the row number stands at the end of each), so that a piece costs what it holds.
Invariant: what an answered request wrote is in the file. A process that is killed at any moment leaves whole
transactions only; a power cut may take the last ones with it (synchronous=NORMAL: nobody rehearses on a
sandbox that must survive that, and a commit costs no fsync). Without a file the database is in memory and
gone with the process.

All calls come from one thread; nobody else holds the connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.world.classes import LabelConfig
from bulk_importer.sandbox.world.values import MediaLabels

__all__ = ["ORGANISATION", "TASK_STATES", "Row", "Store"]

ORGANISATION: Final = "open-core-dummy-org-sub"
"""The organisation that everything belongs to unless somebody says otherwise (protocol 1.4)."""

_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE project (
    number INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, short TEXT, description TEXT,
    media_type TEXT NOT NULL, timestamp INTEGER NOT NULL, delete_time INTEGER, review INTEGER NOT NULL DEFAULT 0,
    config BLOB NOT NULL);
CREATE TABLE dataset (
    number INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, short TEXT,
    media_type TEXT NOT NULL, timestamp INTEGER NOT NULL, delete_time INTEGER);
CREATE TABLE project_dataset (
    project INTEGER NOT NULL, dataset INTEGER NOT NULL, PRIMARY KEY (project, dataset)) WITHOUT ROWID;
CREATE TABLE media (
    number INTEGER PRIMARY KEY, dataset INTEGER NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL,
    timestamp INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX media_of_dataset ON media (dataset);
CREATE INDEX media_by_name ON media (dataset, name);
CREATE TABLE task (
    number INTEGER PRIMARY KEY, project INTEGER NOT NULL, media INTEGER NOT NULL, media_name TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'BACKLOG', type TEXT NOT NULL DEFAULT 'DEFAULT', labeler TEXT,
    review_comment TEXT, json_upload INTEGER NOT NULL DEFAULT 0);
CREATE INDEX task_of_project ON task (project);
CREATE INDEX task_of_media ON task (project, media);
CREATE INDEX task_by_name ON task (project, media_name);
CREATE INDEX task_by_state ON task (project, state, media_name);
CREATE TABLE labels (task INTEGER PRIMARY KEY, roots INTEGER NOT NULL, tree BLOB NOT NULL);
CREATE TABLE token (
    token TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, created INTEGER NOT NULL,
    last_used INTEGER, delete_time INTEGER, deleted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
"""

TASK_STATES: Final = (
    "BACKLOG",
    "WAITING",
    "WAITING_CHANGED",
    "IN_PROGRESS",
    "SKIPPED",
    "COMPLETED",
    "REVIEWED",
    "REVIEWED_SKIP",
)

_pack = msgspec.msgpack.Encoder().encode
_unpack_labels = msgspec.msgpack.Decoder(MediaLabels).decode
_unpack_config = msgspec.msgpack.Decoder(LabelConfig).decode

Row = sqlite3.Row


class Store:
    """The database of one sandbox.

    Args:
        path: the file, created if it is missing; None: in memory.
        seed: what ids are computed from; used only if the database is new.

    Raises:
        UsageError: the file is no database of a sandbox, or one of a later version.
    """

    def __init__(self, path: Path | None, seed: int) -> None:
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _unusable(path, str(error)) from error
        self._connection.row_factory = sqlite3.Row
        # The configurations of all projects, decoded; changed by `put_config` and emptied by a rollback.
        self._configs: dict[int, LabelConfig] = {}
        try:
            self._open(path, seed)
        except sqlite3.Error as error:
            self.close()
            raise _unusable(path, str(error)) from error
        except UsageError:
            self.close()
            raise
        self.seed = int(self.value("SELECT value FROM meta WHERE name = 'seed'"))

    def _open(self, path: Path | None, seed: int) -> None:
        version = self.value("PRAGMA user_version")
        is_new = version == 0 and not self.value("SELECT count(*) FROM sqlite_master")
        if not is_new and version != _VERSION:
            raise _unusable(path, f"it is no database of this sandbox (version {version})")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        if is_new:
            self._create(seed)

    def _create(self, seed: int) -> None:
        with self.transaction():
            for statement in _TABLES.split(";\n"):
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO meta VALUES ('seed', ?), ('classes', 0)", (seed,))
            self._connection.execute(f"PRAGMA user_version={_VERSION}")

    def close(self) -> None:
        """Write what is pending into the file and let go of it."""
        self._connection.close()

    # ------------------------------------------------------------------------------------------- SQL

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all of what is done inside, or nothing if it raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._configs.clear()
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Roll back what is done inside, in any case."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def rows(self, statement: str, *arguments: object) -> list[Row]:
        """All rows of a query."""
        return self._connection.execute(statement, arguments).fetchall()

    def row(self, statement: str, *arguments: object) -> Row | None:
        """The first row of a query, or None."""
        found: Row | None = self._connection.execute(statement, arguments).fetchone()
        return found

    def value(self, statement: str, *arguments: object) -> Any:
        """The first column of the first row, or None."""
        found = self._connection.execute(statement, arguments).fetchone()
        return found[0] if found else None

    def insert(self, statement: str, *arguments: object) -> int:
        """Insert one row; returns its number."""
        return int(self._connection.execute(statement, arguments).lastrowid or 0)

    def execute(self, statement: str, *arguments: object) -> int:
        """Change rows; returns how many."""
        return self._connection.execute(statement, arguments).rowcount

    def execute_many(self, statement: str, arguments: Iterator[tuple[object, ...]]) -> None:
        """Execute a statement once for each tuple of arguments."""
        self._connection.executemany(statement, arguments)

    # -------------------------------------------------------------------------- configurations and labels

    def config(self, project: int) -> LabelConfig:
        """The label configuration of a project: shared, so it is replaced by `put_config` and not changed in place."""
        found = self._configs.get(project)
        if found is None:
            packed = self.value("SELECT config FROM project WHERE number = ?", project)
            found = self._configs[project] = _unpack_config(packed)
        return found

    def put_config(self, project: int, config: LabelConfig) -> None:
        """Replace the label configuration of a project."""
        self._configs[project] = config
        self.execute("UPDATE project SET config = ? WHERE number = ?", _pack(config), project)

    def next_class_number(self) -> int:
        """A number that no label class had before."""
        self.execute("UPDATE meta SET value = value + 1 WHERE name = 'classes'")
        return int(self.value("SELECT value FROM meta WHERE name = 'classes'"))

    def labels(self, task: int) -> MediaLabels:
        """The labels of a task; a copy, written back with `put_labels`."""
        packed = self.value("SELECT tree FROM labels WHERE task = ?", task)
        return _unpack_labels(packed) if packed is not None else MediaLabels()

    def put_labels(self, task: int, labels: MediaLabels) -> None:
        """Replace the labels of a task."""
        self.execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?)", task, len(labels.roots), _pack(labels))

    def labels_of_project(self, project: int) -> Iterator[tuple[int, MediaLabels]]:
        """Tasks that have labels, with the labels, in order of their numbers.

        Labels may be written back while the iteration goes on.
        """
        last = 0
        while found := self.labels_after(project, last, 500):
            yield from found
            last = found[-1][0]

    def labels_after(self, project: int, task: int, limit: int) -> list[tuple[int, MediaLabels]]:
        """The next `limit` tasks behind `task` that have labels, with the labels, in order of their numbers."""
        found = self.rows(
            "SELECT task.number, tree FROM task INDEXED BY task_of_project JOIN labels ON labels.task = task.number"
            " WHERE project = ? AND task.number > ? ORDER BY task.number LIMIT ?",
            project,
            task,
            limit,
        )
        return [(number, _unpack_labels(packed)) for number, packed in found]


def _unusable(path: Path | None, reason: str) -> UsageError:
    return UsageError(f"The database {path} cannot be used: {reason}. Name another file.")
