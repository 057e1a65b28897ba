"""Names what a source is that is neither a JSON array nor JSON Lines, and says what to do with it.

Pure: it looks at first bytes and at nothing else. It is asked about a few bytes of every source, and about more only
when something is wrong, so it costs a good source nothing. What it advises must be true when it is followed; the tests
follow it. It shows names of keys, and nothing else of what a source holds.
"""

from __future__ import annotations

import codecs
import json
import re
import shlex
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from bulk_importer.intake.framing.exact import ENTRY_ID, KeysToEntries, NotJson
from bulk_importer.intake.framing.scan import BLANKS, scan

__all__ = ["LOOK_BYTES", "Foreign", "foreign_bytes", "foreign_lines", "foreign_text"]

LOOK_BYTES = 1 << 20
"""How much of a source it is worth to look at, to name it."""

_PIECE_BYTES = 1 << 12
_SHOWN_KEYS = 5
_LONGEST_SHOWN = 30
_TAR_BLOCK_BYTES = 512
_OF_A_TOOL = (
    "If a labeling tool wrote it, say which with --from, as in --from coco ('bulk-importer formats' has all)."
)
"""What may help where a source was not recognised, as one from standard input is not."""


class Foreign(msgspec.Struct, frozen=True):
    """What is wrong with a source from its first byte on, and what to do with it."""

    reason: str
    advice: str


def _no_array(what: str, advice: str) -> Foreign:
    return Foreign(f"this is {what}, and not a JSON array", advice)


def _archive(kind: str, command: str) -> Foreign:
    return _no_array(
        f"{kind} archive", f"Unpack it ({command}), and import the file of labels that is in it."
    )


def _packed(kind: str, command: str) -> Foreign:
    return _no_array(
        f"{kind} data, which are not unpacked here", f"Unpack them ({command}), and import what comes out."
    )


def _twice(kind: str) -> Foreign:
    advice = "Unpack the outer one, and import what comes out; the inner one is unpacked on the way."
    return _no_array(f"{kind} data inside of packed data", advice)


def _rows(kind: str) -> Foreign:
    advice = (
        "Write an entry for each of its rows, as DataGym's documentation describes them, and import these."
    )
    return _no_array(kind, advice)


def _rows_or_labels(kind: str) -> Foreign:
    rows = _rows(kind)
    return Foreign(rows.reason, f"{_OF_A_TOOL} Else: {rows.advice[0].lower()}{rows.advice[1:]}")


def _other(kind: str) -> Foreign:
    return _no_array(kind, "Name the file of labels instead.")


def _secret(kind: str) -> Foreign:
    return _no_array(f"a file that is encrypted with {kind}", "Decrypt it, and import what comes out.")


def _encoded(encoding: str, name: str = "") -> Foreign:
    advice = f"Write it as UTF-8 (iconv -f {name or encoding} -t UTF-8 FILE > LABELS.json), and import that."
    return Foreign(f"this is {encoding}, and JSON must be UTF-8", advice)


_LABELS_JSON = "FILE > LABELS.json"
_OFFICE = _rows("a workbook or a document of an office program")
_PICKLE = _rows("a Python pickle")
# Byte at which it stands, the bytes, and what they say. In this order: the first that fits counts.
_MARKS: tuple[tuple[int, bytes, Foreign], ...] = (
    (0, codecs.BOM_UTF32_LE, _encoded("UTF-32")),
    (0, codecs.BOM_UTF32_BE, _encoded("UTF-32")),
    (0, codecs.BOM_UTF16_LE, _encoded("UTF-16")),
    (0, codecs.BOM_UTF16_BE, _encoded("UTF-16")),
    (30, b"[Content_Types].xml", _OFFICE),
    (30, b"mimetypeapplication/vnd.oasis", _OFFICE),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OFFICE),
    (0, b"PK\x03\x04", _archive("a zip", "unzip FILE")),
    (0, b"PK\x05\x06", _archive("an empty zip", "unzip FILE")),
    (0, b"7z\xbc\xaf\x27\x1c", _archive("a 7z", "7z x FILE")),
    (0, b"Rar!\x1a\x07", _archive("a RAR", "unrar x FILE")),
    (257, b"ustar", _archive("a tar", "tar -xf FILE")),
    (0, b"\x1f\x8b", _twice("gzip")),
    (0, b"\x28\xb5\x2f\xfd", _twice("zstd")),
    (0, b"BZh", _twice("bzip2")),
    (0, b"\xfd7zXZ\x00", _twice("xz")),
    (0, b"\x5d\x00\x00", _packed("lzma", f"xz --format=lzma -dc < {_LABELS_JSON}")),
    (0, b"LZIP", _packed("lzip", f"lzip -dc < {_LABELS_JSON}")),
    (0, b"\x89LZO\x00\r\n\x1a\n", _packed("lzop", f"lzop -dc < {_LABELS_JSON}")),
    (0, b"\x04\x22\x4d\x18", _packed("lz4", f"lz4 -dc < {_LABELS_JSON}")),
    (0, b"\x1f\x9d", _packed("compress", f"gzip -dc < {_LABELS_JSON}")),
    (0, b"\xff\x06\x00\x00sNaPpY", _packed("snappy", f"snzip -dc < {_LABELS_JSON}")),
    (0, b"PAR1", _rows("a Parquet table")),
    (0, b"ARROW1", _rows("an Arrow table")),
    (0, b"FEA1", _rows("a Feather table")),
    (0, b"Obj\x01", _rows("an Avro table")),
    (0, b"ORC", _rows("an ORC table")),
    (0, b"SQLite format 3\x00", _rows("a SQLite database")),
    (0, b"\x89HDF\r\n\x1a\n", _rows("an HDF5 file")),
    (0, b"\x93NUMPY", _rows("a NumPy array")),
    *((0, bytes((0x80, version)), _PICKLE) for version in range(2, 6)),
    (0, b"%PDF", _other("a PDF")),
    (0, b"\x89PNG\r\n\x1a\n", _other("a picture (PNG)")),
    (0, b"\xff\xd8\xff", _other("a picture (JPEG)")),
    (0, b"GIF8", _other("a picture (GIF)")),
    (0, b"II*\x00", _other("a picture (TIFF)")),
    (0, b"MM\x00*", _other("a picture (TIFF)")),
    (8, b"WEBP", _other("a picture (WebP)")),
    (128, b"DICM", _other("a picture (DICOM)")),
    (4, b"ftyp", _other("a film or a picture (MP4, MOV, HEIC)")),
    (0, b"\x7fELF", _other("a program")),
    (0, b"#!", _other("a program")),
    (0, b"\x00\x05\x16\x07", _other("what macOS keeps beside a file (AppleDouble)")),
    (0, b"-----BEGIN PGP MESSAGE", _secret("PGP")),
    (0, b"age-encryption.org/", _secret("age")),
    (0, b"Salted__", _secret("openssl")),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        _no_array(
            "a pointer of Git LFS to a file that is not here",
            "Fetch that (git lfs pull), and run the same command again.",
        ),
    ),
)
# Without a mark: a bracket, a brace, a quote or a blank of two or four bytes.
_WIDE = (
    (re.compile(rb"[\[{\" \r\n]\x00\x00\x00"), "UTF-32LE"),
    (re.compile(rb"\x00\x00\x00[\[{\" \r\n]"), "UTF-32BE"),
    (re.compile(rb"[\[{\" \r\n]\x00[^\x00]"), "UTF-16LE"),
    (re.compile(rb"\x00[\[{\" \r\n]\x00"), "UTF-16BE"),
)
_LOST = _no_array(
    "nothing but zero bytes", "Copy the file again from where it came, and run the same command again."
)


def foreign_bytes(head: bytes) -> Foreign | None:
    """What the first bytes of a source say beyond doubt; None where they may begin a text, or nobody knows them.

    A few hundred bytes tell everything.
    """
    for pattern, encoding in _WIDE:
        if pattern.match(head):
            return _encoded(encoding[:6], encoding)
    if head.removeprefix(codecs.BOM_UTF8).lstrip(BLANKS).startswith((b"[", b"{")):
        return None  # a mark further back is a word in the labels
    for at, mark, found in _MARKS:
        if head.startswith(mark, at):
            return found
    if _is_tar(head):
        return _archive("a tar", "tar -xf FILE")
    return _LOST if head and not head.strip(b"\x00") else None


def _is_tar(head: bytes) -> bool:
    """Whether it is the header of an old tar, which has no mark but the sum of its bytes, in octal digits."""
    block = head[:_TAR_BLOCK_BYTES]
    said = block[148:156].strip(b"\x00 ")
    if len(block) < _TAR_BLOCK_BYTES or not re.fullmatch(rb"[0-7]+", said):
        return False
    return int(said, 8) == sum(block[:148]) + 8 * ord(" ") + sum(block[156:])


_NOTATIONS: tuple[tuple[re.Pattern[bytes], Foreign], ...] = (
    (
        re.compile(rb"[\[{]\s*(\{\s*)?'"),
        _no_array("Python's notation, with single quotes", "Write it with json.dump, and import that."),
    ),
    (
        re.compile(rb"(\[\s*)?\{\s*[A-Za-z_$][\w$]*\s*:"),
        _no_array("JavaScript's notation, with bare keys", "Write it with JSON.stringify, and import that."),
    ),
)
_TEXTS: tuple[tuple[re.Pattern[bytes], Foreign], ...] = (
    (
        re.compile(
            rb"(?is)<(!doctype\s+html|html|head|body|title|script|meta)\b|<!--.{0,2000}?<(html|head|body)\b"
        ),
        _no_array(
            "an HTML page, as a page to log in or one that says what is wrong",
            "Look at it; then fetch the file itself as you would by hand, and import that.",
        ),
    ),
    (
        re.compile(rb"(?s)(<\?xml.{0,200}?\?>\s*)?<Error>"),
        _no_array("an error message of a file server", "Look at what it says, and fetch the file again."),
    ),
    (re.compile(rb"<\?xml\b|<[A-Za-z_!]"), _rows_or_labels("XML")),
    (
        re.compile(rb"HTTP/[0-9.]+ [0-9]{3}"),
        _no_array(
            "the head of an HTTP answer", "Save the file without it (no -i for curl), and import that."
        ),
    ),
    (
        re.compile(rb"\)\]\}'"),
        _no_array(
            "a line that keeps JSON from being run",
            f"Cut it off (tail -n +2 {_LABELS_JSON}), and import that.",
        ),
    ),
    (
        re.compile(rb"\x1e"),
        _no_array(
            "a sequence of JSON texts",
            r"Take the marks out (tr -d '\036' < FILE > LABELS.jsonl), and import that.",
        ),
    ),
    (
        re.compile(rb"\"\s*[\[{]"),
        _no_array(
            "JSON packed into a JSON string", f"Take it out (jq -r . {_LABELS_JSON}), and import that."
        ),
    ),
    *_NOTATIONS,
    (
        re.compile(
            rb"(var|let|const)\s+[\w$]+\s*=|export\s+default\b|module\.exports\b|window[.\[]|[\w$.]+\s*\(\s*[\[{]"
        ),
        _no_array("a script", "Write the array that is in it to a file of its own, and import that."),
    ),
    (
        re.compile(rb"---[ \t]*\r?\n|%YAML|-[ \t]+[\w\"'{]|[A-Za-z_]\w*:[^\n]*\n[ \t]*(-|[A-Za-z_]\w*:)"),
        _no_array("YAML", "Write it as JSON, and import that."),
    ),
)
_COMMENT = _no_array("a comment", "JSON has none: write the labels without it, and import that.")
_SEPARATORS = {b",": "commas", b";": "semicolons", b"\t": "tabs", b"|": "bars"}


def foreign_text(head: bytes) -> Foreign | None:
    """What a text is that begins with `head`, and not with a blank; None where it may be an array or JSON Lines.

    Of what begins with a brace it is assumed that it is no JSON Lines.
    """
    for pattern, found in _TEXTS:
        if pattern.match(head):
            return found
    if head.startswith(b"["):
        return None
    if head.startswith(b"{"):
        return _object(head)
    lines = [line for line in head.splitlines()[:3] if line.strip(BLANKS)]
    for separator, name in _SEPARATORS.items():
        counts = {line.count(separator) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and counts != {0}:
            return _rows_or_labels(f"a table of rows, separated by {name}")
    if head.startswith((b"//", b"/*", b"#")):
        return _COMMENT
    advice = "Fix the source at or behind that byte, and run the same command again."
    return Foreign("this is not a JSON array", advice)


def foreign_lines(lines: Sequence[bytes]) -> Foreign | None:
    """What JSON Lines are that begin with `lines` (or their beginnings); None where one of them may be an entry.

    Two are enough; one says that there are no others.
    """
    for pattern, found in _NOTATIONS:
        if all(map(pattern.match, lines)):
            return found
    ways = [_wrapping_keys(line)[0] for line in lines]
    return _below(ways[0], in_lines=len(lines) > 1) if all(ways) else None


def _object(head: bytes) -> Foreign:
    keys, names = _wrapping_keys(head)
    if keys:
        return _below(keys)
    found = scan(head + b",", comma=False, at_end=False, limit=1)
    behind = head[found.consumed :] if found.consumed else b""
    following = behind.lstrip(BLANKS)[:1]
    if following == b"{":
        return _one_behind_the_other(behind)
    if following == b",":
        advice = "Put [ before the first and ] behind the last, with no comma there, and run the same command again."
        return _no_array("objects with commas between them and no brackets around", advice)
    if ENTRY_ID in names:
        return _no_array("a single entry", "Put [ before it and ] behind it, and run the same command again.")
    shown = ", ".join(name[:_LONGEST_SHOWN] for name in names[:_SHOWN_KEYS])
    more = ", ..." if len(names) > _SHOWN_KEYS else ""
    return _no_array(
        f"an object (with {shown}{more})" if shown else "an object",
        f"If it holds one below a key, name that with --path, as in --path entries.item. {_OF_A_TOOL}",
    )


def _one_behind_the_other(behind: bytes) -> Foreign:
    """What several objects are, of which the second begins in `behind`."""
    if behind.startswith(b"\r") and b"\n" not in behind:
        command = r"tr '\r' '\n' < FILE > LABELS.jsonl"
        return _no_array(
            "JSON Lines that end with CR alone", f"Write them with LF ({command}), and import that."
        )
    advice = "Write one a line (jq -c . FILE > LABELS.jsonl), and import that."
    return _no_array("JSON objects one behind the other", advice)


def _below(keys: tuple[str, ...], *, in_lines: bool = False) -> Foreign:
    """What holds its entries below `keys`."""
    shown = ".".join(keys)
    if in_lines or any("." in key or not key for key in keys):
        way = "".join(f".{json.dumps(key)}" for key in keys) + "[]"
        advice = f"Take them out (jq -c {shlex.quote(way)} FILE > LABELS.jsonl), and import that."
    else:
        advice = f"Say --path {shlex.quote(shown + '.item')}."
    kind = "JSON Lines, each of which holds" if in_lines else "an object that holds"
    return _no_array(f"{kind} entries below {shown}", advice)


def _wrapping_keys(head: bytes) -> tuple[tuple[str, ...], Sequence[str]]:
    """The keys below which the object that begins with `head` holds entries, and those that it has itself.

    The former are none where it is an entry, or none show.
    """
    finder = KeysToEntries()
    with suppress(NotJson):
        for at in range(0, min(len(head), LOOK_BYTES), _PIECE_BYTES):
            keys = finder.find(head[at : at + _PIECE_BYTES])
            if keys is not None:
                return keys, finder.names
    return (), finder.names
