"""The definition of one setting: its names, how its text is read and shown, its bounds, what it needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.settings.units import Kind

__all__ = ["CONFIG_VARIABLE", "VARIABLE_PREFIX", "Definition", "Need", "setting"]

VARIABLE_PREFIX = "BULK_IMPORTER_"
CONFIG_VARIABLE = VARIABLE_PREFIX + "CONFIG"
"""Names the settings file; no setting itself."""


class Need(msgspec.Struct, frozen=True):
    """What a setting needs of the others to have an effect.

    Attributes:
        without: where it has none, for the end of a sentence.
        is_met: whether it has one, asked of the whole `Settings`.
    """

    without: str
    is_met: Callable[[Any], bool]


class Definition(msgspec.Struct, frozen=True):
    """What there is to know about one setting.

    Attributes:
        name: as in a settings file and as the field of `Settings`.
        kind: how its text is read and shown, with the unit.
        section: which part of the program it belongs to; a command takes whole sections as flags.
        help: what it does, without a full stop; what stands before the first semicolon says enough for a short list.
        minimum, maximum: inclusive bounds of the value, None where there is none.
        meaning: it changes what a checkpoint means, so a resume must say the same.
        need: without what it has no effect; None where it always has one.
        said_as: its flag without the dashes, where that is not its name.
        alone_as: the value that the flag without one stands for; empty where it needs one.
        refused_as: the value that a flag with `--no-` before its name stands for; empty where there is no such flag.
    """

    name: str
    kind: Kind
    section: str
    help: str
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    meaning: bool = False
    need: Need | None = None
    said_as: str = ""
    alone_as: str = ""
    refused_as: str = ""

    @property
    def brief(self) -> str:
        """The help in a few words: what stands before the first semicolon."""
        return self.help.partition(";")[0]

    @property
    def flag(self) -> str:
        """The name of the setting on the command line."""
        return "--" + (self.said_as or self.name.replace("_", "-"))

    @property
    def variable(self) -> str:
        """The name of the setting in the environment."""
        return VARIABLE_PREFIX + self.name.upper()

    def shown(self, value: Any) -> Any:
        """What may be printed of a value: the value; or, where it may be a secret, only what names it."""
        return value if self.kind.may_be_shown or value is None else self.kind.show(value)

    def fits(self, text: str) -> bool:
        """Whether a text can be read as a value."""
        try:
            self.kind.read(text)
        except ValueError:
            return False
        return True

    def read(self, value: object, origin: str) -> Any:
        """The value that `value` (text, or what a TOML file holds) stands for.

        Raises:
            UsageError: it does not stand for any, or is out of bounds.
        """
        try:
            read = self.kind.read(value)
        except ValueError as error:
            place = f"{origin}, {self.name}" if origin.startswith("file ") else origin
            shown = repr(value) if self.kind.may_be_shown else "what is given"
            raise UsageError(f"{place}: {shown} is not {self.kind.wanted}: {error}.") from None
        return self.checked(read, origin)

    def checked(self, value: Any, origin: str) -> Any:
        """`value` itself if it is within the bounds; else raises `UsageError`."""
        if value is None:
            return value
        low, high = self.minimum, self.maximum
        if low is not None and value < low:
            raise UsageError(f"{origin}: {self.kind.show(value)} is below {self.kind.show(low)}.")
        if high is not None and value > high:
            raise UsageError(f"{origin}: {self.kind.show(value)} is above {self.kind.show(high)}.")
        return value


def setting(
    kind: Kind,
    default: Any,
    section: str,
    help: str,  # noqa: A002 - named as the attribute that it fills
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    meaning: bool = False,
    need: Need | None = None,
    said_as: str = "",
    alone_as: str = "",
    refused_as: str = "",
) -> Any:
    """A field of `Settings`, with what its `Definition` says of it."""
    facts = {"kind": kind, "section": section, "help": help, "minimum": at_least, "maximum": at_most}
    more = {"meaning": meaning, "need": need, "said_as": said_as}
    more |= {"alone_as": alone_as, "refused_as": refused_as}
    return dataclasses.field(default=default, repr=kind.may_be_shown, metadata={**facts, **more})
