"""Every setting, defined once: default, bounds, unit, help; flags, variables and files come from that.

A setting is a field of `Settings` with a `Definition` beside it. The command line makes `--max-in-flight`
of it, the environment `BULK_IMPORTER_MAX_IN_FLIGHT`, a settings file the key `max_in_flight`; the first of
these that says something wins, the default comes last. A variable that is empty says nothing, and one that is no
setting ends nothing: an orchestrator makes variables of the names of its services, and some begin like ours. The
library takes a `Settings` object as it is.
The token is no setting: it would end up in files and process lists (see `datagym.wire.client`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import text_of
from bulk_importer.levels import Level
from bulk_importer.model import ErrorBudget
from bulk_importer.readable import readable
from bulk_importer.units import (
    BUDGET,
    CODES,
    COUNT,
    DURATION,
    FILE,
    FOLDER,
    HEADERS,
    HOURS,
    LABEL_CONFIG,
    NAME,
    PLACE,
    RATE,
    SHARE,
    SIZE,
    SWITCH,
    URL,
    Kind,
    one_of,
)

__all__ = [
    "CONFIG_VARIABLE",
    "VARIABLE_PREFIX",
    "Definition",
    "Loaded",
    "Settings",
    "definitions",
    "idle",
    "load",
    "nearest",
]

VARIABLE_PREFIX = "BULK_IMPORTER_"
CONFIG_VARIABLE = VARIABLE_PREFIX + "CONFIG"
"""Names the settings file; no setting itself."""

_LIKENESS = 0.75  # imprt, --grce and max_inflight are above it; --dry-run and --retry-share (0.53) are not
_SHORTEST_BEGINNING = 3
_MOST_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Need:
    """What a setting needs of the others to have an effect.

    Attributes:
        without: where it has none, for the end of a sentence.
        is_met: whether it has one.
    """

    without: str
    is_met: Callable[[Settings], bool]


@dataclass(frozen=True, slots=True)
class Definition:
    """What there is to know about one setting.

    Attributes:
        name: as in a settings file and as the field of `Settings`.
        kind: how its text is read and shown, with the unit.
        section: which part of the program it belongs to; a command takes whole sections as flags.
        help: what it does, without a full stop; what stands before the first semicolon says enough for a short list.
        minimum, maximum: inclusive bounds of the value, None where there is none.
        meaning: it changes what a checkpoint means, so a resume must say the same.
        need: without what it has no effect; None where it always has one.
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

    @property
    def brief(self) -> str:
        """What it does, in a few words."""
        return self.help.partition(";")[0]

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return VARIABLE_PREFIX + self.name.upper()

    def shown(self, value: Any) -> Any:
        """What may be printed of a value: itself, or where that may be a secret, as much as names it."""
        return value if self.kind.may_be_shown or value is None else self.kind.show(value)

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
        """`value` itself if it is within the bounds, else `UsageError`."""
        if value is None:
            return value
        low, high = self.minimum, self.maximum
        try:
            too_low, too_high = low is not None and value < low, high is not None and value > high
        except TypeError:
            raise UsageError(f"{origin}: {value!r} must be {self.kind.held}.") from None
        if too_low:
            raise UsageError(f"{origin}: {self.kind.show(value)} is below {self.kind.show(low)}.")
        if too_high:
            raise UsageError(f"{origin}: {self.kind.show(value)} is above {self.kind.show(high)}.")
        return value


def _setting(
    kind: Kind,
    default: Any,
    section: str,
    help: str,  # noqa: A002 - named as the attribute that it fills
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    meaning: bool = False,
    need: Need | None = None,
) -> Any:
    facts = {"kind": kind, "section": section, "help": help, "minimum": at_least, "maximum": at_most}
    more = {"meaning": meaning, "need": need}
    return dataclasses.field(default=default, repr=kind.may_be_shown, metadata={**facts, **more})


_TLS = Need("with a server at http://", lambda said: not (said.server or "").startswith("http://"))
_CLIENT_CERT = Need("without --client-cert", lambda said: said.client_cert is not None)
_ARRAY = Need("with --lines lines", lambda said: said.lines != "lines")
_MEDIA_CHECKED = Need("with --no-check-media", lambda said: said.check_media)
_BY_NAME = Need("without --media-by name", lambda said: said.media_by == "name")
_LIST_READ = Need(
    "with --no-check-media, unless names are taken from it (--media-by name, without --dataset)",
    lambda said: said.check_media or (said.media_by == "name" and said.dataset is None),
)
_SERVER_ASKED = Need(
    "where no list of media is asked of the server (with --media-list, --no-check-media)",
    lambda said: said.media_list is None and (said.check_media or said.media_by == "name"),
)
_CONFIG_OF_SERVER = Need("without --label-config server", lambda said: said.label_config == "server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is told. Immutable; construct it in a program, or let `load` gather it.

    Raises:
        UsageError: a value is out of its bounds.
    """

    # server: which DataGym, and how it is reached
    server: str | None = _setting(URL, None, "server", "URL of the DataGym server")
    project: str | None = _setting(
        NAME, None, "server", "the project; its id, its unique name, or the URL of its page"
    )
    token_file: str | None = _setting(
        FILE,
        None,
        "server",
        "file that holds the API token; default: the variable DATAGYM_TOKEN, or no token",
    )
    token_in_query: bool = _setting(
        SWITCH, False, "server", "send the token as ?token=, for servers that do not read it from the header"
    )
    basic_auth_file: str | None = _setting(
        FILE, None, "server", "file that holds USER:PASSWORD for a reverse proxy (HTTP basic)"
    )
    header: tuple[str, ...] = _setting(
        HEADERS,
        (),
        "server",
        "header to send along; repeatable; @FILE, with one on each line, keeps secrets out of the process list",
    )
    ca_file: str | None = _setting(
        FILE, None, "server", "certificates (PEM) to trust besides those of the system", need=_TLS
    )
    client_cert: str | None = _setting(
        FILE,
        None,
        "server",
        "certificate (PEM) to show to the server, with its key or beside --client-key",
        need=_TLS,
    )
    client_key: str | None = _setting(
        FILE, None, "server", "key (PEM) of the --client-cert", need=_CLIENT_CERT
    )
    connect_timeout: float = _setting(
        DURATION, 10.0, "server", "how long a connection may take to come about", at_least=0.1, at_most=600
    )
    read_timeout: float = _setting(
        DURATION, 60.0, "server", "how long a look-up may wait for its answer", at_least=0.1, at_most=3600
    )
    wait_for_server: float = _setting(
        DURATION,
        10.0,
        "server",
        "how long a server that has not answered once is asked again; one that has is waited for longer",
        at_least=0,
    )

    # reading: how the source is read
    path: str | None = _setting(
        PLACE,
        None,
        "reading",
        "where the array is when it is not the whole document, as in entries.item",
        meaning=True,
        need=_ARRAY,
    )
    lines: str = _setting(
        one_of("auto", "lines", "array"),
        "auto",
        "reading",
        "JSON Lines or an array; auto looks at the beginning of the source",
    )
    workers: int | None = _setting(
        COUNT,
        None,
        "reading",
        "processes that read and check; default: from the cores",
        at_least=0,
        at_most=64,
    )
    segment_bytes: int = _setting(
        SIZE, 2 << 20, "reading", "how much a process reads at a time", at_least=1, at_most=256 << 20
    )
    max_entry_bytes: int = _setting(
        SIZE, 64 << 20, "reading", "largest entry that is accepted", at_least=1 << 10, at_most=1 << 30
    )
    max_depth: int = _setting(
        COUNT, 256, "reading", "deepest nesting inside an entry that is accepted", at_least=8, at_most=1000
    )

    # checking: what entries are held against before they are sent
    label_config: str = _setting(
        LABEL_CONFIG,
        "server",
        "checking",
        "what to check entries against; server: the label configuration of the project, none, or a file with one",
    )
    check_media: bool = _setting(
        SWITCH, True, "checking", "check that each media is in the project and may be imported"
    )
    media_list: str | None = _setting(
        FILE,
        None,
        "checking",
        "list of the media of the project; in place of the server's: what 'media --csv' prints, or an id a line",
        need=_LIST_READ,
    )
    max_listing: int = _setting(
        COUNT,
        500_000,
        "checking",
        "most media that the server is asked to list in one answer; for more, pages or --media-list",
        at_least=0,
        need=_SERVER_ASKED,
    )
    media_by: str = _setting(
        one_of("id", "name"),
        "id",
        "checking",
        "how entries name their media; name: by file name (external_media_ID) where internal_media_ID is missing",
        meaning=True,
    )
    dataset: str | None = _setting(
        NAME,
        None,
        "checking",
        "the dataset that --media-by name looks into; its id or unique name",
        need=_BY_NAME,
    )
    media_map: str | None = _setting(
        FILE,
        None,
        "checking",
        "CSV FILE of names and ids that --media-by name goes by before all others",
        need=_BY_NAME,
    )
    replace_finished: bool = _setting(
        SWITCH,
        False,
        "checking",
        "let keepData false delete the labels of tasks that people have begun or finished",
        need=_MEDIA_CHECKED,
    )
    onto_uploaded: bool = _setting(
        SWITCH,
        False,
        "checking",
        "let entries append to media that already held an upload",
        need=_MEDIA_CHECKED,
    )
    strict: bool = _setting(SWITCH, False, "checking", "warnings are errors")
    allow: tuple[str, ...] = _setting(CODES, (), "checking", "findings that are only counted; repeatable")
    deny: tuple[str, ...] = _setting(CODES, (), "checking", "findings that reject an entry; repeatable")
    max_errors: ErrorBudget = _setting(  # noqa: RUF009 - an ErrorBudget is frozen
        BUDGET,
        ErrorBudget(share=0.05),
        "checking",
        "rejections that end the run; a number, a share of the entries (after the first 1,000), or none",
    )
    max_rejected_bytes: int = _setting(
        SIZE,
        1 << 30,
        "checking",
        "from this size on rejected.jsonl keeps findings and positions, and no entries",
        at_least=0,
    )
    config_poll: float = _setting(
        DURATION,
        300.0,
        "checking",
        "how often the label configuration is read again during a run",
        at_least=1,
        need=_CONFIG_OF_SERVER,
    )

    # sending: how much leaves at a time
    limit: int | None = _setting(
        COUNT, None, "sending", "send N of the entries not sent yet, then stop", at_least=0
    )
    max_in_flight: int = _setting(
        COUNT, 8, "sending", "most requests on their way at a time", at_least=1, at_most=1024
    )
    min_in_flight: int = _setting(
        COUNT, 1, "sending", "fewest requests on their way at a time", at_least=1, at_most=1024
    )
    max_batch_entries: int = _setting(COUNT, 5000, "sending", "entries in a request, at most", at_least=1)
    max_batch_bytes: int = _setting(SIZE, 1_000_000, "sending", "bytes of a request, at most", at_least=2)
    max_batch_weight: int | None = _setting(
        COUNT, None, "sending", "values, geometries and points in a request, at most", at_least=1
    )
    min_batch_weight: int = _setting(
        COUNT,
        1,
        "sending",
        "values, geometries and points in a request, at least where there are so many",
        at_least=1,
    )
    pool_bytes: int = _setting(
        SIZE, 16 << 20, "sending", "entries that wait in memory for a request, at most", at_least=1 << 10
    )
    request_timeout: float = _setting(
        DURATION, 600.0, "sending", "how long an upload may wait for its answer", at_least=0.1, at_most=86_400
    )
    write_timeout: float = _setting(
        DURATION, 120.0, "sending", "how long a request may take to leave", at_least=0.1, at_most=86_400
    )
    first_byte_timeout: float | None = _setting(
        DURATION,
        None,
        "sending",
        "how long an upload that has left may wait for its answer to begin; default: --request-timeout",
        at_least=0.1,
        at_most=86_400,
    )
    max_requests_per_second: float | None = _setting(
        RATE, None, "sending", "requests that leave in a second, at most"
    )
    max_entries_per_second: float | None = _setting(
        RATE, None, "sending", "entries that leave in a second, at most"
    )
    max_bytes_per_second: float | None = _setting(
        RATE, None, "sending", "bytes of requests that leave in a second, at most"
    )
    window: str | None = _setting(
        HOURS,
        None,
        "sending",
        "send only between these hours; as in '22:00-06:00 Europe/Berlin', without a zone: the machine's",
    )
    polite: bool = _setting(
        SWITCH,
        False,
        "sending",
        "two requests in flight at most, and fewer while the server is slow for others",
    )
    max_attempts: int = _setting(
        COUNT,
        8,
        "sending",
        "how often a request that met no connection is sent in a row",
        at_least=1,
        at_most=1000,
    )
    retry_wait: float = _setting(
        DURATION,
        0.5,
        "sending",
        "longest wait before a request is sent again for the first time; doubles from one time to the next",
        at_least=0.001,
        at_most=60,
    )
    max_retry_wait: float = _setting(
        DURATION,
        60.0,
        "sending",
        "longest wait before a request is sent again, where the server asks for none",
        at_least=0.001,
        at_most=3600,
    )
    max_retry_after: float = _setting(
        DURATION,
        3600.0,
        "sending",
        "longest wait that a server may ask for by Retry-After; after it the request is sent anyway",
        at_least=0,
        at_most=86_400,
    )
    retry_share: float = _setting(
        SHARE,
        0.2,
        "sending",
        "requests that are sent again, as a share of the others, before they have to wait for their turn",
    )
    outage_signs: int = _setting(
        COUNT,
        3,
        "sending",
        "failures in a row, without an answer between, after which the run pauses and probes",
        at_least=1,
        at_most=1000,
    )
    probe_wait: float = _setting(
        DURATION,
        1.0,
        "sending",
        "how soon a server that is away is asked whether it is back; doubles from one time to the next",
        at_least=0.001,
        at_most=60,
    )
    max_probe_wait: float = _setting(
        DURATION,
        60.0,
        "sending",
        "longest wait between two probes of a server that is away",
        at_least=0.001,
        at_most=3600,
    )
    max_outage: float = _setting(
        DURATION,
        3600.0,
        "sending",
        "how long the server may be unreachable before the run ends, once it has answered; see --wait-for-server",
        at_least=0,
    )
    grace: float = _setting(
        DURATION, 8.0, "sending", "how long what is in flight may take to land after a signal", at_least=0
    )

    server_request_limit: float = _setting(
        DURATION,
        600.0,
        "sending",
        "how long a request whose answer was lost may still be running",
        at_least=0,
    )
    doubt_wait: float = _setting(
        DURATION,
        30.0,
        "sending",
        "how long to wait at the end to know what became of lost answers",
        at_least=0,
    )

    # checkpoint: where the run is kept
    checkpoint: str | None = _setting(
        FOLDER,
        None,
        "checkpoint",
        "where the run is kept, each of several sources in a folder; default: SOURCE.checkpoint beside the source",
    )
    source_grew: bool = _setting(
        SWITCH, False, "checkpoint", "the source only grew since the last run; resume with what was added"
    )
    server_moved: bool = _setting(
        SWITCH,
        False,
        "checkpoint",
        "the server has another URL since the last run, and is the same; its project is looked up by the recorded id",
    )
    settled_by: str | None = _setting(
        FOLDER,
        None,
        "checkpoint",
        "checkpoint of an import that this source is a fixed form of; what that delivered is skipped",
        meaning=True,
    )
    lock_wait: float = _setting(
        DURATION, 0.0, "checkpoint", "how long to wait for another run on the same checkpoint", at_least=0
    )

    # output: what the command line writes; a program that calls the library is told by events
    log_level: str = _setting(
        one_of(*(level.word for level in Level)),
        Level.INFO.word,
        "output",
        "what is told on standard error: error (as --quiet), warning, info, or debug (as --verbose)",
    )
    log_format: str = _setting(
        one_of("text", "json"),
        "text",
        "output",
        "how it is told: text for people, or json, an object on each line, for programs that collect logs",
    )
    color: str = _setting(
        one_of("auto", "always", "never"),
        "auto",
        "output",
        "colours: auto is on a terminal, unless NO_COLOR is set",
    )

    def __post_init__(self) -> None:
        for each in definitions():
            each.checked(getattr(self, each.name), each.name)

    def meaning(self) -> dict[str, Any]:
        """The settings that change what a checkpoint means, by name, as they are put on record."""
        values = {each.name: getattr(self, each.name) for each in definitions() if each.meaning}
        return {name: readable(value) if isinstance(value, str) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and what there is to know about how they came about.

    Attributes:
        origins: where each came from: `default`, `file F`, `variable V`, or `flag F`.
        slips: variables that were probably meant as settings and are none, a sentence for each.
    """

    settings: Settings
    origins: Mapping[str, str]
    slips: tuple[str, ...] = ()


def definitions() -> tuple[Definition, ...]:
    """Every setting, in the order in which it is shown."""
    return tuple(
        Definition(name=field.name, default=field.default, **field.metadata)
        for field in dataclasses.fields(Settings)
    )


def idle(settings: Settings) -> Iterator[tuple[str, str]]:
    """The settings that say something and have no effect with the others: the name of each, and why."""
    for each in definitions():
        if each.need is None or getattr(settings, each.name) == each.default or each.need.is_met(settings):
            continue
        yield each.name, f"{each.flag} has no effect {each.need.without}"


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


def nearest(name: str, names: Iterable[str]) -> str:
    """A question, with a blank before it, that names what was probably meant; nothing where nothing is close.

    Close is a slip of the fingers, or the beginning of a few names. What all names begin with says nothing, and counts
    for nothing: dashes, and the prefix of variables.
    """
    import difflib

    by_word = {_bare(each): each for each in names}
    word = _bare(name)
    close = difflib.get_close_matches(word, by_word, n=1, cutoff=_LIKENESS)
    if not close and len(word) >= _SHORTEST_BEGINNING:
        close = [each for each in by_word if each.startswith(word)]
    if not close or len(close) > _MOST_SUGGESTED:
        return ""
    return f" Did you mean {' or '.join(by_word[each] for each in close)}?"


def _bare(name: str) -> str:
    return name.removeprefix(VARIABLE_PREFIX).lower().lstrip("-").replace("_", "-")


def _slips(environment: Mapping[str, str], known: Mapping[str, Definition]) -> Iterator[str]:
    variables = [*(each.variable for each in known.values()), CONFIG_VARIABLE]
    for variable in sorted(environment):
        if variable.startswith(VARIABLE_PREFIX) and variable not in variables:
            question = nearest(variable, variables)
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
            raise UsageError(f"{config_file}: {name} is not a setting.{nearest(name, known)}")
        yield name, value, f"file {config_file}"
