"""How the values of settings are written: durations, sizes, counts, shares.

Pure. Each `Kind` reads text (flag, variable) and what a TOML file may hold, and shows a value in a form that
it reads back as the same value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bulk_importer.model import ErrorBudget

__all__ = [
    "ADDRESS",
    "BUDGET",
    "CODES",
    "COMMAND",
    "COUNT",
    "DURATION",
    "FILE",
    "FOLDER",
    "FORMAT",
    "HEADERS",
    "HOURS",
    "IMAGES",
    "LABEL_CONFIG",
    "NAME",
    "PLACE",
    "RATE",
    "SECRET_URL",
    "SHARE",
    "SIZE",
    "SWITCH",
    "URL",
    "Kind",
    "header_in",
    "one_of",
]

_DURATION_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SIZE_UNITS = {
    "": 1,
    "B": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
}
_NUMBER = r"[0-9]+(\.[0-9]+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z]*)\s*")


class Kind(msgspec.Struct, frozen=True):
    """One way to write a value.

    Attributes:
        wanted: what a person should write, with an article, for messages.
        placeholder: what stands for the value in `--help`.
        read: from text or a TOML value; ValueError says what is wrong.
        show: to text that `read` takes back, but for secrets.
        schema: what a TOML file may hold, as a JSON Schema; bounds of the value are left out.
        held: what a program gives, with an article, for messages.
        takes_value: False for a switch, whose flag alone means True.
        repeats: its flag may be given several times; `read` takes the list.
        may_be_shown: False where what a person wrote by mistake could be a secret.
    """

    wanted: str
    placeholder: str
    read: Callable[[object], Any]
    show: Callable[[Any], str]
    schema: Mapping[str, Any]
    held: str = "a text"
    takes_value: bool = True
    repeats: bool = False
    may_be_shown: bool = True


def _read_quantity(value: object, units: Mapping[str, float], default_unit: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a number, and a unit behind it where one is needed")
    number, _, unit = match.groups()
    if (unit or default_unit) not in units:
        raise ValueError(f"the unit {unit} is not known, these are: {', '.join(filter(None, units))}")
    return float(number) * units[unit or default_unit]


def _read_duration(value: object) -> float:
    return _read_quantity(value, _DURATION_UNITS, "s")


def _show_duration(seconds: float) -> str:
    for unit in ("d", "h", "m"):
        if seconds and seconds % _DURATION_UNITS[unit] == 0:
            return f"{seconds / _DURATION_UNITS[unit]:g}{unit}"
    return f"{seconds!r}s" if seconds % 1 else f"{seconds:.0f}s"


def _read_size(value: object) -> int:
    size = _read_quantity(value, _SIZE_UNITS, "B")
    if size != int(size):
        raise ValueError("it is not a whole number of bytes")
    return int(size)


def _show_size(size: int) -> str:
    for unit in ("GiB", "MiB", "KiB", "GB", "MB", "kB"):
        if size and size % _SIZE_UNITS[unit] == 0:
            return f"{size // _SIZE_UNITS[unit]}{unit}"
    return str(size)


def _read_count(value: object) -> int:
    whole = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if isinstance(whole, bool) or not isinstance(whole, int):
        raise ValueError("it has to be a whole number")  # noqa: TRY004 - what a user wrote, not what a caller did
    return whole


def _read_rate(value: object) -> float:
    rate = _read_quantity(value, _SIZE_UNITS, "B")
    if rate <= 0:
        raise ValueError("it has to be above zero")
    return rate


def _read_switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ValueError("it has to be true or false")


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("it is empty, or no text")
    return value


def _read_url(value: object) -> str:
    text = _read_text(value)
    if "://" not in text:
        return text
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise ValueError("it must hold no user and no password, because it is printed and recorded")
    if not _has_address(text):
        raise ValueError("its address is HOST, HOST:PORT, or [IPV6]:PORT, with a port from 1 to 65535")
    return text


def _has_address(url: str) -> bool:
    """Whether what stands between `://` and the path can be an address, with a port or without."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _read_secret_url(value: object) -> str:
    text = _read_url(value)
    scheme, colon, rest = text.partition("://")
    if scheme not in ("http", "https") or not colon or not rest.strip("/?# ") or not text.isprintable():
        raise ValueError("it has to begin with http:// or https://, and a host behind that")
    return text


def _show_secret_url(url: str) -> str:
    """The host: the rest is what nobody but the one who wrote it should know."""
    return f"{'/'.join(url.split('/', 3)[:3])}/..."


def _show_command(command: str) -> str:
    """The first word: others may be secrets."""
    first, *more = command.split(maxsplit=1)
    return f"{first} ..." if more else first


def _read_share(value: object) -> float:
    if isinstance(value, str) and value.strip().endswith("%"):
        share = float(value.strip()[:-1]) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError("it needs a percent sign")
    if not 0 <= share <= 1:
        raise ValueError("a share lies between 0% and 100%")
    return share


def _read_several(value: object, separator: str) -> tuple[str, ...]:
    """The parts of a text, or of each text of a list."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("it has to be text, or a list of texts")
    return tuple(part.strip() for text in texts for part in text.split(separator) if part.strip())


def _read_headers(value: object) -> tuple[str, ...]:
    headers = _read_several(value, "\n")
    for header in headers:
        if not header.startswith("@"):
            header_in(header)
    return headers


def header_in(line: str) -> tuple[str, str]:
    """Name and value of a header that is written `Name: value`.

    Raises:
        ValueError: it is written otherwise.
    """
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not name.replace("-", "").replace("_", "").isalnum() or not value.isprintable():
        raise ValueError("a header is written 'Name: value'")
    return name, value


def _show_headers(headers: tuple[str, ...]) -> str:
    """The names, and the files: values may be secrets."""
    return ", ".join(header if header.startswith("@") else header_in(header)[0] for header in headers)


def _read_budget(value: object) -> ErrorBudget:
    if isinstance(value, str) and value.strip().endswith("%"):
        return ErrorBudget(share=_read_share(value))
    if value == "none":
        return ErrorBudget()
    count = _read_count(value)
    if count < 0:
        raise ValueError("it is below zero")
    return ErrorBudget(count=count)


def one_of(*words: str) -> Kind:
    """The kind of a value that is one of a few words."""
    choices = list(map(str, words))  # an enum's members in their own words

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError("it is not one of them")
        return str(value)

    return Kind(f"one of {', '.join(choices)}", "|".join(choices), read, str, {"enum": choices})


def _text(
    wanted: str,
    placeholder: str,
    *,
    may_be_shown: bool = True,
    read: Callable[[object], str] = _read_text,
    show: Callable[[str], str] = str,
) -> Kind:
    schema = {"type": "string", "minLength": 1}
    return Kind(wanted, placeholder, read, show, schema, may_be_shown=may_be_shown)


def _number_or(number: Mapping[str, Any], pattern: str) -> Mapping[str, Any]:
    """The JSON Schema of a number that fits a schema, or of a text."""
    return {"anyOf": [number, {"type": "string", "pattern": f"^ *{pattern} *$"}]}


def _quantity(number: Mapping[str, Any], units: Mapping[str, float]) -> Mapping[str, Any]:
    return _number_or(number, f"{_NUMBER} *({'|'.join(filter(None, units))})?")


def _read_address(value: object) -> str:
    text = _read_text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    host, colon, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535 or (colon and not host) or not host.isprintable():
        raise ValueError("an address is written HOST:PORT, or PORT for one on this machine")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError("an address of IPv6 stands in brackets, as [::1]:8080")
    return text if colon else f"127.0.0.1:{port}"


_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

URL = _text("the URL of a server", "URL", may_be_shown=False, read=_read_url)
ADDRESS = _text("an address such as 127.0.0.1:9464", "[HOST:]PORT", read=_read_address)
COMMAND = _text("a command of the shell", "COMMAND", may_be_shown=False, show=_show_command)
FILE = _text("a file", "FILE")
FOLDER = _text("a folder", "FOLDER")
IMAGES = _text("a folder, or an address of images", "FOLDER|URL", read=_read_url)
SECRET_URL = _text(
    "the URL of a service that is called",
    "URL",
    may_be_shown=False,
    read=_read_secret_url,
    show=_show_secret_url,
)
FORMAT = _text("auto, entries, or the name of a format", "auto|FORMAT")
NAME = _text("an id or a name", "ID_OR_NAME")
SCHEDULER = _text("the address of a Dask scheduler, such as tcp://dask:8786", "URL")
PLACE = _text("a place in a JSON document, such as entries.item", "KEY.item")
LABEL_CONFIG = _text("server, none, or a file", "server|none|FILE")
HOURS = _text("hours such as 22:00-06:00, and a time zone behind them", "HH:MM-HH:MM")
BUDGET = Kind(
    "a number of entries, a share such as 5%, or none",
    "N|P%|none",
    _read_budget,
    str,
    _number_or({"type": "integer", "minimum": 0}, f"({_NUMBER} *%|none)"),
    "an ErrorBudget",
)
CODES = Kind(
    "codes of findings with commas between them",
    "CODE[,CODE]",
    lambda value: _read_several(value, ","),
    ",".join,
    _TEXTS,
    "a tuple of texts",
    repeats=True,
)
COUNT = Kind("a whole number", "N", _read_count, str, {"type": "integer"}, "a whole number")
DURATION = Kind(
    "a duration such as 90, 90s, 10m or 8h",
    "DURATION",
    _read_duration,
    _show_duration,
    _quantity({"type": "number"}, _DURATION_UNITS),
    "a number of seconds",
)
HEADERS = Kind(
    "a header or a file with some",
    "'NAME: VALUE'|@FILE",
    _read_headers,
    _show_headers,
    _TEXTS,
    "a tuple of texts",
    repeats=True,
    may_be_shown=False,
)
RATE = Kind(
    "a number above zero, such as 20, 500kB or 4MiB",
    "RATE",
    _read_rate,
    lambda rate: f"{rate:g}",
    _quantity({"type": "number", "exclusiveMinimum": 0}, _SIZE_UNITS),
    "a number",
)
SHARE = Kind(
    "a share such as 20%",
    "P%",
    _read_share,
    lambda share: f"{100 * share:g}%",
    _number_or({"type": "number", "minimum": 0, "maximum": 1}, f"{_NUMBER} *%"),
    "a number from 0 to 1",
)
SIZE = Kind(
    "a size such as 4MiB, 500kB or a number of bytes",
    "SIZE",
    _read_size,
    _show_size,
    _quantity({"type": "integer"}, _SIZE_UNITS),
    "a number of bytes",
)
SWITCH = Kind(
    "true or false",
    "",
    _read_switch,
    lambda on: str(on).lower(),
    {"type": "boolean"},
    "True or False",
    takes_value=False,
)
