"""The words that settings with a few values have, for whoever asks which one was chosen. Pure.

A setting holds a plain text, as a program or a file gives it; a member compares equal to its text.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Backup", "LabelConfigFrom", "Lines", "MediaBy", "OnDelivered", "SourceFormat"]


class Backup(StrEnum):
    """When what an import replaces is kept, in `backup`."""

    AUTO = "auto"
    """Where labels are deleted or changed."""
    ALWAYS = "always"
    NEVER = "never"


class LabelConfigFrom(StrEnum):
    """Where the label configuration comes from, in `label_config`; any other text there is a file."""

    SERVER = "server"
    NONE = "none"


class Lines(StrEnum):
    """The form of the source, in `lines`."""

    AUTO = "auto"
    LINES = "lines"
    ARRAY = "array"


class MediaBy(StrEnum):
    """How entries name their media, in `media_by`."""

    ID = "id"
    NAME = "name"


class OnDelivered(StrEnum):
    """What becomes of the tasks whose labels an import delivered, in `on_delivered`."""

    LEAVE = "leave"
    COMPLETE = "complete"
    SKIP = "skip"


class SourceFormat(StrEnum):
    """What the source is written in, in `source_format`; any other text there is the name of a format."""

    AUTO = "auto"
    """Whatever its content shows."""
    ENTRIES = "entries"
    """DataGym's import format."""
