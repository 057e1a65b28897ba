"""The catalogue of everything that can be wrong with an entry: code, severity, what it means, what to do.

Pure. One place for the advice that a finding carries and for what `bulk-importer explain CODE` prints, so that
the two cannot differ. What the server does in each case was measured; the conformance tests replay its answers.
(The module is long because it is a table; its code is at the end.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bulk_importer.errors import UsageError
from bulk_importer.labels.entry import nearest
from bulk_importer.labels.flaws import FindingKind, Ring
from bulk_importer.model import Severity

__all__ = ["CATALOGUE", "kind_of", "severities"]


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_DROPS = "The server accepts such an entry and drops the value without a word."
_REFUSES = "The server refuses the whole request that holds such an entry."
_AS_TEXT = (
    "in the source, or under entry_text in a copy of rejected.jsonl that is fed to 'bulk-importer retry'"
)

_KINDS = (
    FindingKind(
        "not-json",
        _E,
        Ring.TEXT,
        "The element is not JSON as RFC 8259 defines it, so that no request can carry it.",
        f"Mend the text at the place that is named: {_AS_TEXT}.",
        firm=True,
    ),
    FindingKind(
        "not-a-number",
        _E,
        Ring.TEXT,
        "NaN or Infinity stands in place of a number. Python's json.dump writes them, but they are not JSON, and the "
        "server cannot read a request that holds one.",
        f"Write the number that is meant, or leave out what has none: {_AS_TEXT}. json.dump(..., allow_nan=False) "
        "shows where they come from.",
        firm=True,
    ),
    FindingKind(
        "not-utf8",
        _E,
        Ring.TEXT,
        "The element holds bytes that are not UTF-8, the only encoding of JSON between programs.",
        "Write the file as UTF-8.",
        firm=True,
    ),
    FindingKind(
        "lone-surrogate",
        _E,
        Ring.TEXT,
        "A text holds half of a surrogate pair (an escape such as \\ud800 alone); the server stores other "
        "characters in its place.",
        "Write the whole character, or leave it out.",
        firm=True,
    ),
    FindingKind(
        "duplicate-key",
        _E,
        Ring.TEXT,
        "An object names one key twice. The server reads the last one; the others are lost without a word.",
        "Merge the two, or remove the one that is not meant.",
    ),
    FindingKind(
        "too-deep",
        _E,
        Ring.TEXT,
        "The element is nested deeper than any entry needs; parsers, the server's among them, give up on it.",
        "Look at what wrote it; an entry needs about ten levels.",
        firm=True,
    ),
    FindingKind(
        "number-overflow",
        _E,
        Ring.SCHEMA,
        "A number is larger than a double can be. The server reads it as the text Infinity and refuses the request.",
        "Write the coordinate that is meant.",
        firm=True,
    ),
    FindingKind(
        "schema-type",
        _E,
        Ring.SCHEMA,
        f"A value is of another JSON type than the import schema wants. {_REFUSES}",
        "Write a value of the expected type; leave the key out where there is no value.",
        firm=True,
    ),
    FindingKind(
        "schema-coordinate",
        _E,
        Ring.SCHEMA,
        f"A coordinate is neither a number from 0 up nor a text of the digits 0 to 9 alone. {_REFUSES}",
        "Write a number that is not negative; leave out geometries that have no coordinates.",
        firm=True,
    ),
    FindingKind(
        "schema-missing-key",
        _E,
        Ring.SCHEMA,
        f"A point needs x and y, a rectangle x, y, w and h. {_REFUSES}",
        "Add the key.",
        firm=True,
    ),
    FindingKind(
        "schema-extra-key",
        _E,
        Ring.SCHEMA,
        f"A key stands where the import schema knows none of that name. {_REFUSES}",
        "Correct the key, or remove it.",
        firm=True,
    ),
    FindingKind(
        "schema-count",
        _E,
        Ring.SCHEMA,
        "A polygon needs three points or more, a line two or more, a point exactly one, a rectangle exactly one. "
        f"{_REFUSES}",
        "Complete the geometry, or leave it out.",
        firm=True,
    ),
    FindingKind(
        "schema-classification",
        _E,
        Ring.SCHEMA,
        "A classification is a list: first a text or null, then a text or one object of nested classifications, then "
        f"texts. {_REFUSES}",
        "Put the nested object second. An export writes one object for each child: keep the one that has a value.",
        firm=True,
    ),
    FindingKind(
        "schema-shape",
        _E,
        Ring.SCHEMA,
        f"A value does not fit the import schema. {_REFUSES}",
        "Compare it with the expected form.",
        firm=True,
    ),
    FindingKind(
        "media-id-missing",
        _E,
        Ring.SCHEMA,
        "The entry has no internal_media_ID. The server skips it without a word.",
        "Add the id of the media; 'bulk-importer media' lists them.",
        firm=True,
    ),
    FindingKind(
        "media-id-empty",
        _E,
        Ring.SCHEMA,
        f"The entry's internal_media_ID is empty, and no media has such an id. {_REFUSES}",
        "Write the id of the media; 'bulk-importer media' lists them.",
        firm=True,
    ),
    FindingKind(
        "key-near-known",
        _E,
        Ring.MEANING,
        "The entry has an unknown key that looks like a known one. The server ignores it, and what it holds is lost.",
        "Correct the key.",
    ),
    FindingKind(
        "key-unknown",
        _W,
        Ring.MEANING,
        "The entry has a key that the server does not read.",
        "Remove it, or allow it if it is your own note.",
    ),
    FindingKind(
        "exported-entry",
        _N,
        Ring.MEANING,
        "The entry is from an export of DataGym itself. It names its media by the id in the project that it came from, "
        "and has no keepData, so that it appends. An export also holds what no import takes: coordinates that are "
        "null, segmentations, and one object for each child of a classification.",
        "For another project that has the same files: take internal_media_ID out of all entries (jq "
        "'map(del(.internal_media_ID))' EXPORT) and give --media-by name. For the project itself: set keepData to "
        "false, or all is there twice. The other findings say what to mend in the entries.",
    ),
    FindingKind(
        "nested-geometries-type",
        _E,
        Ring.MEANING,
        "nested_geometries is not an object of classes. The server ignores it, and what it holds is lost.",
        'Write {"class": [geometry, ...]}, or leave the key out.',
    ),
    FindingKind(
        "nested-geometries-empty",
        _N,
        Ring.MEANING,
        "nested_geometries is null or an empty list; the server takes it for none.",
        "Leave the key out.",
    ),
    FindingKind(
        "nested-below-nested",
        _E,
        Ring.MEANING,
        "A nested geometry holds nested geometries of its own. The server reads one level and drops the others "
        "without a word.",
        "Move them up to the geometry at the root.",
    ),
    FindingKind(
        "nested-key-unknown",
        _E,
        Ring.MEANING,
        "A nested geometry has a key that the server does not read; what it holds is lost without a word.",
        "Correct the key, or remove it.",
    ),
    FindingKind(
        "image-segmentation",
        _E,
        Ring.MEANING,
        "Segmentations cannot be imported: the server creates an empty, invalid one in their place.",
        "Leave them out; the server has no way to take them.",
    ),
    FindingKind(
        "geometry-missing",
        _E,
        Ring.MEANING,
        "A geometry has no coordinates. The server creates an empty, invalid geometry.",
        "Add polygon, line, point or rectangle, or remove the geometry.",
    ),
    FindingKind(
        "geometry-several",
        _E,
        Ring.MEANING,
        "A geometry has more than one key of coordinates. The server joins their points, or keeps the last rectangle.",
        "Make one geometry of each.",
    ),
    FindingKind(
        "geometry-deprecated",
        _N,
        Ring.MEANING,
        "The key geometry is deprecated; the server still reads it as the class says.",
        "Write polygon, line, point or rectangle.",
    ),
    FindingKind(
        "geometry-incomplete",
        _E,
        Ring.MEANING,
        "The class needs more coordinates than are given. The server stores an incomplete, invalid geometry.",
        "Give the geometry that the class is of.",
    ),
    FindingKind(
        "geometry-refused",
        _E,
        Ring.MEANING,
        f"The class cannot hold a geometry of this form. {_REFUSES}",
        "Give the geometry that the class is of.",
    ),
    FindingKind(
        "geometry-dropped",
        _E,
        Ring.MEANING,
        "More points or rectangles are given than the class holds. The server keeps the last and drops the others.",
        "Make one geometry of each.",
    ),
    FindingKind(
        "geometry-other",
        _W,
        Ring.MEANING,
        "A line stands under a polygon class, or a polygon under a line class. The server stores it as the class is.",
        "Check that the class is meant.",
    ),
    FindingKind(
        "geometry-no-size",
        _W,
        Ring.MEANING,
        "A rectangle has no width or no height. The server stores it as it is.",
        "Check the coordinates.",
    ),
    FindingKind(
        "geometry-no-area",
        _W,
        Ring.MEANING,
        "The points of a polygon lie on one line, or those of a line are all one: there is no area, or no length. The "
        "server stores it as it is.",
        "Check the coordinates.",
    ),
    FindingKind(
        "geometry-outside",
        _W,
        Ring.MEANING,
        "A coordinate lies outside the image. The server stores it as it is. It is seen where a --media-list says how "
        "large the image is, in columns width and height; the server's lists do not.",
        "Check the coordinates, and that the media is the one that is meant.",
    ),
    FindingKind(
        "rectangle-key",
        _E,
        Ring.MEANING,
        f"A rectangle has a key other than x, y, w and h. {_REFUSES}",
        "Remove the key.",
    ),
    FindingKind(
        "number-too-large",
        _E,
        Ring.MEANING,
        "A whole number or a text of digits is larger than a double can be; the server cannot store it.",
        "Write the coordinate that is meant.",
    ),
    FindingKind(
        "class-unknown",
        _E,
        Ring.MEANING,
        f"The label configuration has no such class at this place. {_REFUSES}",
        "Correct the key, or add the class to the label configuration.",
    ),
    FindingKind(
        "class-nested",
        _E,
        Ring.MEANING,
        f"The class exists, but not at this place of the label configuration. {_REFUSES}",
        "Put it where the label configuration has it.",
    ),
    FindingKind(
        "class-case",
        _W,
        Ring.MEANING,
        "The key differs from the configured one in case, in accents or by blanks at its end. A server on MariaDB "
        "takes them for one; a server on another database refuses the request.",
        "Write the key as it is configured.",
    ),
    FindingKind(
        "class-ambiguous",
        _E,
        Ring.MEANING,
        f"The label configuration has two classes of this key. {_REFUSES}",
        "Rename one of the two in the label configuration.",
    ),
    FindingKind(
        "class-segmentation",
        _E,
        Ring.MEANING,
        "The class is an image segmentation, which cannot be imported: the server refuses coordinates under it, and "
        "creates an empty, invalid one without them.",
        "Leave it out; the server has no way to take it.",
    ),
    FindingKind(
        "class-is-classification",
        _E,
        Ring.MEANING,
        "A classification is used as a class of geometries. The server refuses coordinates under it, and creates a "
        "second, empty classification without them.",
        "Move it to global_classifications, or to the classifications of a geometry.",
    ),
    FindingKind(
        "classification-unknown",
        _E,
        Ring.MEANING,
        f"The label configuration has no such classification at this place. {_REFUSES}",
        "Correct the key, or put the classification where the label configuration has it.",
    ),
    FindingKind(
        "classification-several",
        _E,
        Ring.MEANING,
        "A nested object names several classifications. The server reads the first and drops the others.",
        "Keep one. For a global classification, send the others in further entries of the same media, with keepData "
        "true and null in place of the value.",
    ),
    FindingKind(
        "classification-empty-object",
        _E,
        Ring.MEANING,
        f"A nested classification is an empty object. {_REFUSES}",
        "Remove the object.",
    ),
    FindingKind(
        "option-unknown",
        _E,
        Ring.MEANING,
        f"The select has no such option (keys count, not labels; case matters). {_DROPS}",
        "Write an option key, or add the option to the label configuration.",
    ),
    FindingKind(
        "option-invalid",
        _E,
        Ring.MEANING,
        "The checklist has no such option and must be filled in. The server stores it as invalid.",
        "Write an option key, or add the option to the label configuration.",
    ),
    FindingKind(
        "option-unlisted",
        _W,
        Ring.MEANING,
        "The checklist has no such option, and need not be filled in. The server stores the text all the same.",
        "Write an option key, or add the option to the label configuration.",
    ),
    FindingKind(
        "option-twice",
        _W,
        Ring.MEANING,
        "A checklist names one option more than once. The server stores it as often.",
        "Keep each option once.",
    ),
    FindingKind(
        "value-several",
        _E,
        Ring.MEANING,
        f"A select or a text holds one value, not several. {_DROPS}",
        "Keep one value.",
    ),
    FindingKind(
        "text-too-long",
        _E,
        Ring.MEANING,
        "The text is longer than the label configuration allows. The server stores it as invalid.",
        "Shorten the text, or raise the limit in the label configuration.",
    ),
    FindingKind(
        "text-over-255",
        _E,
        Ring.MEANING,
        f"The text is longer than the 255 characters that the server's database holds. {_REFUSES}",
        "Shorten the text.",
    ),
    FindingKind(
        "text-empty",
        _E,
        Ring.MEANING,
        "The text is empty, and the label configuration requires one. The server stores it as invalid.",
        "Fill it in, or write [null] to leave it open.",
    ),
    FindingKind(
        "classification-unset",
        _N,
        Ring.MEANING,
        "[] and [null] change nothing: a value that the media has stays, a value that it has not stays open.",
        "Nothing. To clear a value, send the entry with keepData false.",
    ),
    FindingKind(
        "classification-omitted",
        _N,
        Ring.MEANING,
        "An optional classification is not given; it stays open.",
        "Nothing.",
    ),
    FindingKind(
        "required-omitted",
        _N,
        Ring.MEANING,
        "A required classification is not given. The entry is stored; the task cannot be completed until it is filled.",
        "Add it where it is known. --deny required-omitted refuses such entries.",
    ),
    FindingKind(
        "media-unknown",
        _E,
        Ring.MEDIA,
        f"The project has no media of this id. {_REFUSES}",
        "Check the id and the project; 'bulk-importer media --project P' lists the ids.",
    ),
    FindingKind(
        "media-benchmark",
        _E,
        Ring.MEDIA,
        f"The media belongs to a benchmark, which takes no import. {_REFUSES}",
        "Leave the entry out, or take the media out of the benchmark.",
    ),
    FindingKind(
        "media-ambiguous",
        _E,
        Ring.MEDIA,
        f"The media has two tasks in the project. {_REFUSES}",
        "Remove the media from the project and connect it once.",
    ),
    FindingKind(
        "media-finished",
        _E,
        Ring.MEDIA,
        "The entry says keepData false, and its task is in progress, completed or reviewed: the work of people would "
        "be deleted.",
        "Check that this is meant; then use --replace-finished.",
    ),
    FindingKind(
        "media-uploaded",
        _E,
        Ring.MEDIA,
        "The entry appends, and its media already held an upload when this checkpoint was begun. If it was the same "
        "input, every geometry would be doubled.",
        "Check that this is meant; then use --onto-uploaded, or send the entry with keepData false.",
    ),
    FindingKind(
        "media-replaced",
        _N,
        Ring.MEDIA,
        "The entry says keepData false, and its media already holds an upload, which is deleted.",
        "Nothing, if that is meant.",
    ),
    FindingKind(
        "media-name-unknown",
        _E,
        Ring.MEDIA,
        "With --media-by name, the entry has no internal_media_ID, and no media of the project has the name of its "
        "external_media_ID.",
        "Check the name; 'bulk-importer media --project P' lists them. --media-map FILE says what a name means.",
        firm=True,
    ),
    FindingKind(
        "media-name-ambiguous",
        _E,
        Ring.MEDIA,
        "With --media-by name, several media have the name of the entry's external_media_ID.",
        "Narrow the search with --dataset, say what the name means with --media-map FILE, or give internal_media_ID.",
        firm=True,
    ),
    FindingKind(
        "media-name-contradicts",
        _E,
        Ring.MEDIA,
        "With --media-by name, the entry's internal_media_ID and its external_media_ID mean different media.",
        "Correct one of the two, or remove the one that is wrong.",
        firm=True,
    ),
    FindingKind(
        "refused-by-server",
        _E,
        Ring.SERVER,
        "The server refused the entry when it was sent alone, or named it in its answer.",
        "Read the server's own words in the finding, and compare the entry with the project's label configuration: it "
        "may have changed.",
        firm=True,
    ),
    FindingKind(
        "turned-away",
        _E,
        Ring.SERVER,
        "Something between here and the server (a firewall, a gateway, a proxy), or a server in no state to say more, "
        "does not let this entry through, while other uploads pass.",
        "Show the words in the finding to whoever runs the gateway: a rule dislikes a text in the entry, or a limit is "
        "below its size. Change the text, make the entry smaller, or have the rule changed; then feed it again with "
        "'bulk-importer retry'.",
        firm=True,
    ),
    FindingKind(
        "classification-newer",
        _E,
        Ring.SERVER,
        "The media holds global classifications since before this nested one was added to the label configuration, and "
        "without keepData false the server does not find a place for it. It refuses the whole request.",
        "Open the media once in DataGym, which makes the place, and feed the entry again with 'bulk-importer retry'; "
        "or send it with keepData false, which replaces what the media holds.",
        firm=True,
    ),
    FindingKind(
        "retry-out-of-order",
        _E,
        Ring.INPUT,
        "The entry was rejected and is fed again, but a later entry of its media is settled, and one of the two says "
        "keepData false: sent now, it would delete what came after it, or be deleted by it.",
        "Merge the entries of the media into one with keepData false.",
    ),
    FindingKind(
        "earlier-entry-wiped",
        _W,
        Ring.INPUT,
        "An earlier entry of the input, or of another source of the same command, has the same media, and this one "
        "says keepData false: what the earlier entry brings is deleted again.",
        "Merge the two entries, or say keepData true in the later one.",
    ),
)

CATALOGUE: Mapping[str, FindingKind] = MappingProxyType({kind.code: kind for kind in _KINDS})
"""Every kind of finding by its code."""


def kind_of(code: str) -> FindingKind:
    """The kind of a code. Raises `UsageError` for an unknown one, with the nearest known one."""
    kind = CATALOGUE.get(code)
    if kind is None:
        near = nearest(code, CATALOGUE)
        hint = f" Is {near!r} meant?" if near else ""
        raise UsageError(f"There is no finding {code!r}.{hint} 'bulk-importer explain' lists them all.")
    return kind


def severities(
    *, strict: bool = False, allow: Iterable[str] = (), deny: Iterable[str] = (), configured: bool = True
) -> dict[str, Severity]:
    """What each code counts as in this run.

    Args:
        strict: warnings are errors.
        allow: codes that are only counted; a firm one cannot be allowed.
        deny: codes that are errors. A code that is both allowed and denied is an error.
        configured: entries are held against a label configuration. Where they are not, what would need one to be
            sure of is a warning at most: then exactly what the schema accepts is sent.

    Raises:
        UsageError: for an unknown code, with the nearest known one, and for a firm one in `allow`.
    """
    allowed, denied = frozenset(allow), frozenset(deny)
    for code in sorted(allowed | denied):
        if kind_of(code).firm and code in allowed:
            raise UsageError(f"{code!r} cannot be allowed: {CATALOGUE[code].meaning}")
    return {kind.code: _severity(kind, strict, allowed, denied, configured) for kind in _KINDS}


def _severity(
    kind: FindingKind, strict: bool, allowed: frozenset[str], denied: frozenset[str], configured: bool
) -> Severity:
    if kind.code in denied:
        return Severity.ERROR
    if kind.code in allowed:
        return Severity.NOTE
    severity = kind.severity
    if kind.ring is Ring.MEANING and not configured and severity is Severity.ERROR:
        severity = Severity.WARNING
    if strict and severity is Severity.WARNING:
        severity = Severity.ERROR
    return severity
