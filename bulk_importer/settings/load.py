"""Gathers settings from flags, variables, a file and the defaults; the first of these that says something wins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import text_of
from bulk_importer.settings.definition import CONFIG_VARIABLE, VARIABLE_PREFIX, Definition
from bulk_importer.settings.fields import Settings, definitions
from bulk_importer.settings.likeness import did_you_mean

__all__ = ["Loaded", "load"]


_OF_A_SERVICE = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP).*)?)$")
"""How variables end that Kubernetes makes for each service, whatever that is called."""


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and where each of them came from.

    Attributes:
        origins: where each came from: `default`, `file F`, `variable V`, or `flag F`.
        slips: variables that were probably meant as settings and are none, a sentence for each.
    """

    settings: Settings
    origins: Mapping[str, str]
    slips: tuple[str, ...] = ()


def load(
    flags: Mapping[str, object], environment: Mapping[str, str], config_file: str | Path | None = None
) -> Loaded:
    """Gather the settings: flag before variable before file before default.

    Args:
        flags: name of the setting -> what stands behind it, only those that were given: text, several of them in a
            list, or a truth value.
        environment: all variables; an empty one is not set, and one that is no setting is passed over.
        config_file: a TOML file with settings at its top level.

    Raises:
        UsageError: a key of the file is unknown (the nearest known one is named), a value cannot be meant, or the
            file cannot be read.
    """
    known = {each.name: each for each in definitions()}
    values: dict[str, Any] = {}
    origins = dict.fromkeys(known, "default")
    for name, text, origin in (
        *_from_file(config_file, known),
        *_from_environment(environment, known),
        *((name, text, f"flag {known[name].flag}") for name, text in flags.items()),
    ):
        values[name] = known[name].read(text, origin)
        origins[name] = origin
    return Loaded(Settings(**values), origins, tuple(_slips(environment, known)))


def _slips(environment: Mapping[str, str], known: Mapping[str, Definition]) -> Iterator[str]:
    variables = [*(each.variable for each in known.values()), CONFIG_VARIABLE]
    for variable in sorted(environment):
        is_ours = variable.startswith(VARIABLE_PREFIX) and not _OF_A_SERVICE.search(variable)
        if is_ours and variable not in variables:
            question = did_you_mean(variable, variables)
            if question:
                yield f"The variable {variable} is not a setting, and is ignored.{question}"


def _from_environment(
    environment: Mapping[str, str], known: Mapping[str, Definition]
) -> Iterable[tuple[str, object, str]]:
    for name, each in known.items():
        if text := environment.get(each.variable):
            yield name, text, f"variable {each.variable}"


def _from_file(
    config_file: str | Path | None, known: Mapping[str, Definition]
) -> Iterable[tuple[str, object, str]]:
    if config_file is None:
        return
    import tomllib

    try:
        found = tomllib.loads(text_of(config_file, "The settings file"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The settings file {config_file} is not TOML: {error}.") from error
    for name, value in found.items():
        if name not in known:
            raise UsageError(f"{config_file}: {name} is not a setting.{did_you_mean(name, known)}")
        yield name, value, f"file {config_file}"
