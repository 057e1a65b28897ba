"""Every setting, once: default, bounds, unit, help. Flags, variables, files and their documentation come from this."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from bulk_importer.errors import UsageError
from bulk_importer.levels import Level
from bulk_importer.model import ErrorBudget
from bulk_importer.readable import readable
from bulk_importer.settings.choices import (
    Backup,
    LabelConfigFrom,
    Lines,
    MediaBy,
    OnDelivered,
    SourceFormat,
)
from bulk_importer.settings.definition import Definition, Need, setting
from bulk_importer.settings.units import (
    ADDRESS,
    BUDGET,
    CODES,
    COMMAND,
    COUNT,
    DURATION,
    FILE,
    FOLDER,
    FORMAT,
    HEADERS,
    HOURS,
    IMAGES,
    LABEL_CONFIG,
    NAME,
    PLACE,
    RATE,
    SCHEDULER,
    SECRET_URL,
    SHARE,
    SIZE,
    SWITCH,
    URL,
    one_of,
)

__all__ = ["Settings", "definitions", "idle"]

_TLS = Need("with a server at http://", lambda said: not (said.server or "").startswith("http://"))
_CLIENT_CERT = Need("without --client-cert", lambda said: said.client_cert is not None)
_PAGE = Need("without --page", lambda said: said.page is not None)
_ARRAY = Need("with --lines lines", lambda said: said.lines != Lines.LINES)
_MEDIA_CHECKED = Need("with --no-check-media", lambda said: said.check_media)
_BY_NAME = Need("without --media-by name", lambda said: said.media_by == MediaBy.NAME)
_LIST_READ = Need(
    "with --no-check-media, unless names are taken from it (--media-by name, without --dataset), or sizes (--from)",
    lambda said: (
        said.check_media
        or (said.media_by == MediaBy.NAME and said.dataset is None)
        or said.source_format not in tuple(SourceFormat)
    ),
)
_SERVER_ASKED = Need(
    "where no list of media is asked of the server (with --media-list, --no-check-media)",
    lambda said: said.media_list is None and (said.check_media or said.media_by == MediaBy.NAME),
)
_CONVERTED = Need("with --from entries", lambda said: said.source_format != SourceFormat.ENTRIES)
_DASK = Need("without --engine dask", lambda said: said.engine == "dask")
_CONFIG_OF_SERVER = Need(
    "without --label-config server", lambda said: said.label_config == LabelConfigFrom.SERVER
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a run. Immutable; construct it in a program, or let `load` gather it.

    Those of the sections `watching` and `output` are for the command line; a program receives events.

    Raises:
        UsageError: a value is out of its bounds.
    """

    # server: which DataGym, and how it is reached
    server: str | None = setting(URL, None, "server", "URL of the DataGym server")
    project: str | None = setting(
        NAME, None, "server", "the project; its id, its unique name, or the URL of its page"
    )
    token_file: str | None = setting(
        FILE,
        None,
        "server",
        "file that holds the API token; default: the variable DATAGYM_TOKEN, or no token",
    )
    token_in_query: bool = setting(
        SWITCH, False, "server", "send the token as ?token=, for servers that do not read it from the header"
    )
    basic_auth_file: str | None = setting(
        FILE, None, "server", "file that holds USER:PASSWORD for a reverse proxy (HTTP basic)"
    )
    header: tuple[str, ...] = setting(
        HEADERS,
        (),
        "server",
        "header to send along; repeatable; @FILE, with one on each line, keeps secrets out of the process list",
    )
    ca_file: str | None = setting(
        FILE, None, "server", "certificates (PEM) to trust besides those of the system", need=_TLS
    )
    client_cert: str | None = setting(
        FILE,
        None,
        "server",
        "certificate (PEM) to show to the server, with its key or beside --client-key",
        need=_TLS,
    )
    client_key: str | None = setting(
        FILE, None, "server", "key (PEM) of the --client-cert", need=_CLIENT_CERT
    )
    connect_timeout: float = setting(
        DURATION, 10.0, "server", "how long a connection may take to come about", at_least=0.1, at_most=600
    )
    read_timeout: float = setting(
        DURATION, 60.0, "server", "how long a look-up may wait for its answer", at_least=0.1, at_most=3600
    )
    wait_for_server: float = setting(
        DURATION,
        10.0,
        "server",
        "how long a server that has not answered once is asked again; one that has is waited for longer",
        at_least=0,
    )

    # reading: how the source is read
    path: str | None = setting(
        PLACE,
        None,
        "reading",
        "where the array is when it is not the whole document, as in entries.item",
        meaning=True,
        need=_ARRAY,
    )
    lines: str = setting(
        one_of(*Lines),
        Lines.AUTO.value,
        "reading",
        "JSON Lines or an array; auto looks at the beginning of the source",
    )
    workers: int | None = setting(
        COUNT,
        None,
        "reading",
        "processes that read and check, or convert; default: from the cores",
        at_least=0,
        at_most=64,
    )
    segment_bytes: int = setting(
        SIZE, 2 << 20, "reading", "how much a process reads at a time", at_least=1, at_most=256 << 20
    )
    max_entry_bytes: int = setting(
        SIZE, 64 << 20, "reading", "largest entry that is accepted", at_least=1 << 10, at_most=1 << 30
    )
    max_depth: int = setting(
        COUNT, 256, "reading", "deepest nesting inside an entry that is accepted", at_least=8, at_most=1000
    )

    # converting: how label files of other tools are read; what a conversion was made with, its recipe keeps
    source_format: str = setting(
        FORMAT,
        SourceFormat.AUTO.value,
        "converting",
        "what the source is written in; auto: what its content shows, entries: DataGym's import format, or a format "
        "that 'bulk-importer formats' lists",
        said_as="from",
    )
    class_map: str | None = setting(
        FILE,
        None,
        "converting",
        "what the names in the source mean in the project; TOML or CSV, see 'bulk-importer help class-map'",
        need=_CONVERTED,
    )
    holes: str = setting(
        one_of("refuse", "fill", "cut", "skip"),
        "refuse",
        "converting",
        "what becomes of outlines with holes; refuse: a finding, fill: without the hole, cut: one outline that runs to "
        "the hole and back, skip: left out",
        need=_CONVERTED,
    )
    clip: bool = setting(
        SWITCH,
        False,
        "converting",
        "cut shapes at the edge of their picture where they reach beyond by more than a pixel",
        need=_CONVERTED,
    )
    annotations: str = setting(
        one_of("newest", "all", "refuse"),
        "newest",
        "converting",
        "which of several annotations of one picture count",
        need=_CONVERTED,
    )
    voc_origin: int = setting(
        COUNT,
        0,
        "converting",
        "the number of the first pixel in Pascal VOC files",
        at_least=0,
        at_most=1,
        need=_CONVERTED,
    )
    box_ends: str = setting(
        one_of("edge", "pixel"),
        "edge",
        "converting",
        "what the right and bottom number of a box are in BDD100K and Scalabel files; edge: where it ends, pixel: the "
        "last pixel inside, as Scalabel's Python package has it",
        need=_CONVERTED,
    )
    keep_data: bool = setting(
        SWITCH,
        True,
        "converting",
        "add to the labels that a media has; with --no-keep-data replace them",
        need=_CONVERTED,
    )
    class_names: str | None = setting(
        FILE,
        None,
        "converting",
        "names of the classes by number, one a line from 0 on; for formats that have numbers only",
        need=_CONVERTED,
    )
    keypoint_names: str | None = setting(
        FILE,
        None,
        "converting",
        "names of the keypoints in the order of a row, one a line; an empty file says that rows have none",
        need=_CONVERTED,
    )
    class_attribute: str | None = setting(
        NAME,
        None,
        "converting",
        "attribute whose value is the class of an object, where a format has attributes alone (VIA)",
        meaning=True,
        need=_CONVERTED,
    )
    confidence: str = setting(
        one_of("ask", "last", "second"),
        "ask",
        "converting",
        "where a row of YOLO with a number too many has how sure a model was: last, or second, behind the class",
        meaning=True,
        need=_CONVERTED,
    )
    ellipse_angle: str = setting(
        one_of("ask", "radians", "degrees"),
        "ask",
        "converting",
        "by what an ellipse is turned, where a format does not say it (Darwin)",
        need=_CONVERTED,
    )

    # migrating: how labels are read out of a server
    max_reads: int = setting(
        COUNT,
        16,
        "migrating",
        "most media whose labels are read at a time; 4 at most where reading writes (by token)",
        at_least=1,
        at_most=256,
    )

    # checking: what entries are checked against before they are sent
    label_config: str = setting(
        LABEL_CONFIG,
        LabelConfigFrom.SERVER.value,
        "checking",
        "what to check entries against; server: the label configuration of the project, none, or a file with one",
    )
    check_media: bool = setting(
        SWITCH, True, "checking", "check that each media is in the project and may be imported"
    )
    media_list: str | None = setting(
        FILE,
        None,
        "checking",
        "list of the media of the project; in place of the server's: what 'media --csv' prints, or an id a line; with "
        "width and height beside a name, also how large a picture is",
        need=_LIST_READ,
    )
    max_listing: int = setting(
        COUNT,
        500_000,
        "checking",
        "most media that the server is asked to list in one answer; for more, pages or --media-list",
        at_least=0,
        need=_SERVER_ASKED,
    )
    media_by: str = setting(
        one_of(*MediaBy),
        MediaBy.ID.value,
        "checking",
        "how entries name their media; name: by file name (external_media_ID) where internal_media_ID is missing",
        meaning=True,
    )
    dataset: str | None = setting(
        NAME,
        None,
        "checking",
        "the dataset that --media-by name looks into; its id or unique name",
        need=_BY_NAME,
    )
    media_map: str | None = setting(
        FILE,
        None,
        "checking",
        "CSV FILE of names and ids that --media-by name goes by before all others",
        need=_BY_NAME,
    )
    replace_finished: bool = setting(
        SWITCH,
        False,
        "checking",
        "let keepData false delete the labels of tasks that people have begun or finished",
        need=_MEDIA_CHECKED,
    )
    onto_uploaded: bool = setting(
        SWITCH,
        False,
        "checking",
        "let entries append to media that already held an upload",
        need=_MEDIA_CHECKED,
    )
    yes: bool = setting(
        SWITCH,
        False,
        "checking",
        "yes to what is asked beforehand; that keepData false replaces labels that media hold (without a terminal to "
        "ask on, that is only said), and that tasks are completed or skipped",
    )
    backup: str = setting(
        one_of(*Backup),
        Backup.AUTO.value,
        "checking",
        "keep the labels of media before they are replaced; auto: where some are deleted or changed, one read a media",
        need=_MEDIA_CHECKED,
    )
    strict: bool = setting(SWITCH, False, "checking", "warnings are errors")
    allow: tuple[str, ...] = setting(CODES, (), "checking", "findings that are only counted; repeatable")
    deny: tuple[str, ...] = setting(CODES, (), "checking", "findings that reject an entry; repeatable")
    max_errors: ErrorBudget = setting(  # noqa: RUF009 - an ErrorBudget is frozen
        BUDGET,
        ErrorBudget(share=0.05),
        "checking",
        "rejections that end the run; a number, a share of the entries (after the first 1,000), or none",
    )
    max_rejected_bytes: int = setting(
        SIZE,
        1 << 30,
        "checking",
        "from this size on rejected.jsonl keeps findings and positions, and no entries",
        at_least=0,
    )
    config_poll: float = setting(
        DURATION,
        300.0,
        "checking",
        "how often the label configuration is read again during a run",
        at_least=1,
        need=_CONFIG_OF_SERVER,
    )

    # sending: how much leaves at a time
    limit: int | None = setting(
        COUNT, None, "sending", "send N of the entries not sent yet, then stop", at_least=0
    )
    max_in_flight: int = setting(
        COUNT, 8, "sending", "most requests on their way at a time", at_least=1, at_most=1024
    )
    min_in_flight: int = setting(
        COUNT, 1, "sending", "fewest requests on their way at a time", at_least=1, at_most=1024
    )
    max_batch_entries: int = setting(COUNT, 5000, "sending", "entries in a request, at most", at_least=1)
    max_batch_bytes: int = setting(SIZE, 1_000_000, "sending", "bytes of a request, at most", at_least=2)
    max_batch_weight: int | None = setting(
        COUNT, None, "sending", "values, geometries and points in a request, at most", at_least=1
    )
    min_batch_weight: int = setting(
        COUNT,
        1,
        "sending",
        "values, geometries and points in a request, at least where there are so many",
        at_least=1,
    )
    pool_bytes: int = setting(
        SIZE, 16 << 20, "sending", "entries that wait in memory for a request, at most", at_least=1 << 10
    )
    request_timeout: float = setting(
        DURATION, 600.0, "sending", "how long an upload may wait for its answer", at_least=0.1, at_most=86_400
    )
    write_timeout: float = setting(
        DURATION, 120.0, "sending", "how long a request may take to leave", at_least=0.1, at_most=86_400
    )
    first_byte_timeout: float | None = setting(
        DURATION,
        None,
        "sending",
        "how long an upload that has left may wait for its answer to begin; default: --request-timeout",
        at_least=0.1,
        at_most=86_400,
    )
    max_requests_per_second: float | None = setting(
        RATE, None, "sending", "requests that leave in a second, at most"
    )
    max_entries_per_second: float | None = setting(
        RATE, None, "sending", "entries that leave in a second, at most"
    )
    max_bytes_per_second: float | None = setting(
        RATE, None, "sending", "bytes of requests that leave in a second, at most"
    )
    window: str | None = setting(
        HOURS,
        None,
        "sending",
        "send only between these hours; as in '22:00-06:00 Europe/Berlin', without a zone: the machine's",
    )
    polite: bool = setting(
        SWITCH,
        False,
        "sending",
        "two requests in flight at most, and fewer while the server is slow for others",
    )
    max_attempts: int = setting(
        COUNT,
        8,
        "sending",
        "how often a request that met no connection is sent in a row",
        at_least=1,
        at_most=1000,
    )
    retry_wait: float = setting(
        DURATION,
        0.5,
        "sending",
        "longest wait before a request is sent again for the first time; doubles from one time to the next",
        at_least=0.001,
        at_most=60,
    )
    max_retry_wait: float = setting(
        DURATION,
        60.0,
        "sending",
        "longest wait before a request is sent again, where the server asks for none",
        at_least=0.001,
        at_most=3600,
    )
    max_retry_after: float = setting(
        DURATION,
        3600.0,
        "sending",
        "longest wait that a server may ask for by Retry-After; after it the request is sent anyway",
        at_least=0,
        at_most=86_400,
    )
    retry_share: float = setting(
        SHARE,
        0.2,
        "sending",
        "requests that are sent again, as a share of the others, before they have to wait for their turn",
    )
    outage_signs: int = setting(
        COUNT,
        3,
        "sending",
        "failures in a row, without an answer between, after which the run pauses and probes",
        at_least=1,
        at_most=1000,
    )
    probe_wait: float = setting(
        DURATION,
        1.0,
        "sending",
        "how soon a server that is away is asked whether it is back; doubles from one time to the next",
        at_least=0.001,
        at_most=60,
    )
    max_probe_wait: float = setting(
        DURATION,
        60.0,
        "sending",
        "longest wait between two probes of a server that is away",
        at_least=0.001,
        at_most=3600,
    )
    max_outage: float = setting(
        DURATION,
        3600.0,
        "sending",
        "how long the server may be unreachable before the run ends, once it has answered; see --wait-for-server",
        at_least=0,
    )
    grace: float = setting(
        DURATION, 8.0, "sending", "how long what is in flight may take to land after a signal", at_least=0
    )

    server_request_limit: float = setting(
        DURATION,
        600.0,
        "sending",
        "how long a request whose answer was lost may still be running",
        at_least=0,
    )
    doubt_wait: float = setting(
        DURATION,
        30.0,
        "sending",
        "how long to wait at the end to know what became of lost answers",
        at_least=0,
    )

    # checkpoint: where the run is kept
    checkpoint: str | None = setting(
        FOLDER,
        None,
        "checkpoint",
        "where the run is kept; each of several sources in a folder; default: SOURCE.checkpoint beside the source",
    )
    source_grew: bool = setting(
        SWITCH, False, "checkpoint", "the source only grew since the last run; resume with what was added"
    )
    server_moved: bool = setting(
        SWITCH,
        False,
        "checkpoint",
        "the server has another URL since the last run, and is the same; its project is looked up by the recorded id",
    )
    settled_by: str | None = setting(
        FOLDER,
        None,
        "checkpoint",
        "checkpoint of an import that this source is a fixed form of; what that delivered is skipped",
        meaning=True,
    )
    lock_wait: float = setting(
        DURATION, 0.0, "checkpoint", "how long to wait for another run on the same checkpoint", at_least=0
    )

    # afterwards: what becomes of the tasks
    on_delivered: str = setting(
        one_of(*OnDelivered),
        OnDelivered.LEAVE.value,
        "afterwards",
        "what becomes of the tasks whose labels were delivered; complete and skip use label quota; see 'complete'",
    )

    # fleet: one source, many workers
    shards: int | None = setting(
        COUNT,
        None,
        "fleet",
        "how many parts a source is divided into; default: four for each worker at a time",
        at_least=1,
        at_most=10_000,
    )
    at_once: int | None = setting(
        COUNT,
        None,
        "fleet",
        "how many workers send at a time; what may be in flight, and the rates, are divided among them; default: as "
        "many as --max-in-flight",
        at_least=1,
        at_most=1024,
    )
    lease: float = setting(
        DURATION,
        60.0,
        "fleet",
        "how long a worker that gives no sign of life keeps its shard; then another one takes it over",
        at_least=1,
        at_most=3600,
    )
    turn_wait: float | None = setting(
        DURATION,
        None,
        "fleet",
        "how long a worker waits for its shard, or for a seat, while others have them; default: as long as it takes",
        at_least=0,
    )
    engine: str = setting(
        one_of("here", "dask"),
        "here",
        "fleet",
        "who does the work; here: this process, dask: the workers of a Dask scheduler",
    )
    scheduler: str | None = setting(
        SCHEDULER,
        None,
        "fleet",
        "where the Dask scheduler is; default: one of this machine, for as long as the command runs",
        need=_DASK,
    )

    # watching: how a run is seen, and steered, from elsewhere
    report: str | None = setting(
        FILE,
        None,
        "watching",
        "write the report for people, a page, to this file; default: report.html in the checkpoint folder, of a check "
        "SOURCE.check.html, of a conversion OUTPUT.convert.html; none: no report",
        refused_as="none",
    )
    images: str | None = setting(
        IMAGES,
        None,
        "watching",
        "where the images of the media are; the report shows rejected entries on them, and a conversion reads in a "
        "folder how large they are; an address has {id} or {name} in it, or names are put behind it",
    )
    metrics: str | None = setting(
        ADDRESS,
        None,
        "watching",
        "serve metrics for Prometheus there as long as the command runs; a port alone: for this machine only, with an "
        "address of this machine also for others (nothing in them is a secret); port 0: any that is free",
    )
    metrics_file: str | None = setting(
        FILE, None, "watching", "keep metrics in this file, NAME.prom, for the textfile collector"
    )
    page: str | None = setting(
        ADDRESS,
        None,
        "watching",
        "show the run in a browser as long as it lasts, and steer it there; alone: from a port of this machine that is "
        "free",
        alone_as="0",
    )
    page_tls: str | None = setting(
        FILE,
        None,
        "watching",
        "certificate and key (PEM) of the page; needed where others can reach it",
        need=_PAGE,
    )
    page_token_file: str | None = setting(
        FILE,
        None,
        "watching",
        "file with a token that opens the page, too; needed where others can reach it",
        need=_PAGE,
    )
    on_finish: str | None = setting(
        COMMAND,
        None,
        "watching",
        "have the shell run this when the command ends, however it ends; see 'bulk-importer help telling'",
    )
    ping: str | None = setting(
        SECRET_URL,
        None,
        "watching",
        "call this URL when the command begins and when it ends; as healthchecks.io has it, see 'bulk-importer help "
        "telling'",
    )

    # output: what the command line writes; a program that calls the library receives events
    log_level: str = setting(
        one_of(*(level.word for level in Level)),
        Level.INFO.word,
        "output",
        "what is told on standard error: error (as --quiet), warning, info, or debug (as --verbose)",
    )
    log_format: str = setting(
        one_of("text", "json"),
        "text",
        "output",
        "how it is told: text for people, or json, an object on each line, for programs that collect logs",
    )
    color: str = setting(
        one_of("auto", "always", "never"),
        "auto",
        "output",
        "colours: auto is on a terminal, unless NO_COLOR is set",
    )

    def __post_init__(self) -> None:
        for each in definitions():
            value = getattr(self, each.name)
            if value is each.default:
                continue
            if not _has_one_of(value, _types()[each.name]):
                shown = repr(value) if each.kind.may_be_shown else "what is given"
                raise UsageError(f"{each.name}: {shown} must be {each.kind.held}.")
            each.checked(value, each.name)

    def meaning(self) -> dict[str, Any]:
        """The settings that change what a checkpoint means, by name, as they are put on record."""
        values = {each.name: getattr(self, each.name) for each in definitions() if each.meaning}
        return {name: readable(value) if isinstance(value, str) else value for name, value in values.items()}


@functools.cache
def _types() -> Mapping[str, tuple[type, ...]]:
    """The types that the value of each setting may have, by the annotation of its field; a tuple is one of texts."""
    hints = get_type_hints(Settings)
    return {
        name: (get_origin(hint),) if get_origin(hint) is tuple else get_args(hint) or (hint,)
        for name, hint in hints.items()
    }


def _has_one_of(value: object, types: tuple[type, ...]) -> bool:
    """Whether a value has one of the types, as a type checker sees it: 5 is a float, and True is no number."""
    if isinstance(value, bool):
        return bool in types
    if isinstance(value, tuple):
        return tuple in types and all(isinstance(each, str) for each in value)
    return isinstance(value, types) or (isinstance(value, int) and float in types)


@functools.cache
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
