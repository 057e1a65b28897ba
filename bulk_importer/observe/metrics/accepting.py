"""Which form of an answer a request asks for, by its headers `Accept` and `Accept-Encoding`.

Pure. prometheus-client (0.26) chooses a format, too. It takes no notice of weights (`q=`), takes over whatever version
above 1.0.0 it is asked for, and raises on one in quotation marks. So the choice is made here, and never fails: a header
that nobody understands gets the text format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["accepts_gzip", "wants_openmetrics"]

_PART = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)')
_OPENMETRICS = ("", "1.0.0")
_TEXT = ("", "0.0.4", "1.0.0")
"""The versions that are written. Ours have no name that 1.0.0 of the text format would write in another way."""


def wants_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics is to be written, and not the text format: the one of a higher weight, else the first."""
    best, chosen = 0.0, False
    for name, parameters in _parts(accept):
        version, weight = parameters.get("version", ""), _weight(parameters)
        is_openmetrics = name == "application/openmetrics-text" and version in _OPENMETRICS
        is_text = (name == "text/plain" and version in _TEXT) or name in ("text/*", "*/*")
        if (is_openmetrics or is_text) and weight > best:
            best, chosen = weight, is_openmetrics
    return chosen


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the answer may be packed with gzip."""
    weights = {name: _weight(parameters) for name, parameters in _parts(accept_encoding)}
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _parts(header: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The names in a header, in small letters, and the parameters of each, without quotation marks.

    What cannot be understood is passed over.
    """
    for part in _PART.findall(header):
        name, _, _ = part.partition(";")
        rest = part[len(name) :]
        if _PARAMETER.sub("", rest).strip():
            continue
        found = _PARAMETER.findall(rest)
        yield name.strip().lower(), {key.lower(): value.strip().strip('"') for key, value in found}


def _weight(parameters: Mapping[str, str]) -> float:
    try:
        weight = float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
