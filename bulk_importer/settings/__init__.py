"""Every setting, defined once: default, bounds, unit, help; flags, variables and files come from that.

A setting is a field of `Settings` with a `Definition` beside it. The command line makes `--max-in-flight`
of it, the environment `BULK_IMPORTER_MAX_IN_FLIGHT`, a settings file the key `max_in_flight`; the first of
these that says something wins, the default comes last. A variable that is empty says nothing, and one that is no
setting ends nothing: an orchestrator makes variables of the names of its services, and some begin like ours. The
library takes a `Settings` object as it is.
The token is no setting: it would end up in files and process lists (see `datagym.wire.api_token`).

`fields` is all of them, `definition` what there is to know about each, `choices` the words of some, `units` how values
are written, `load` gathers them, and `likeness` finds the name that a misspelt one was meant to be. `fleet` names those
that are a matter of one machine among many.
"""

from bulk_importer.settings.choices import (
    Backup,
    LabelConfigFrom,
    Lines,
    MediaBy,
    OnDelivered,
    SourceFormat,
)
from bulk_importer.settings.definition import CONFIG_VARIABLE, VARIABLE_PREFIX, Definition
from bulk_importer.settings.fields import Settings, definitions, idle
from bulk_importer.settings.likeness import did_you_mean
from bulk_importer.settings.load import Loaded, load

__all__ = [
    "CONFIG_VARIABLE",
    "VARIABLE_PREFIX",
    "Backup",
    "Definition",
    "LabelConfigFrom",
    "Lines",
    "Loaded",
    "MediaBy",
    "OnDelivered",
    "Settings",
    "SourceFormat",
    "definitions",
    "did_you_mean",
    "idle",
    "load",
]
