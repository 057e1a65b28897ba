"""The shape of a media entry as DataGym reads it: its keys, and which media an id names.

Pure. Rules are those of the server's import route (protocol 2.6, 2.7).
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterable
from functools import lru_cache

from xxhash import xxh3_64_intdigest

__all__ = [
    "ENTRY_KEYS",
    "EXPORT_KEYS",
    "EXPORT_MARKS",
    "GEOMETRY_KEYS",
    "key_of",
    "keys_of",
    "lane_of",
    "lanes_of",
    "nearest",
    "weight_of",
]

ENTRY_KEYS = ("internal_media_ID", "keepData", "global_classifications", "labels")
"""The keys of an entry that the server reads."""

EXPORT_KEYS = frozenset(
    {
        "backup",
        "external_media_ID",
        "labeler",
        "origin",
        "segmentations",
        "status",
        "task_export_url",
        "video_duration",
        "video_frame_rate",
        "video_height",
        "video_total_frames",
        "video_width",
    }
)
"""Further keys that exports of the server, conversions or backups have and imports ignore; one alone is no finding."""

EXPORT_MARKS = frozenset({"external_media_ID", "labeler", "status"})
"""Those that stand in every entry of an export; who writes entries by hand hardly writes all three."""

GEOMETRY_KEYS = ("polygon", "rectangle", "line", "point", "geometry")
"""The keys that hold coordinates, in the order in which the server reads them, whatever their order in the text."""

# Letters that a MariaDB collation may take for one or two plain letters, which NFKD leaves alone.
_FOLDED = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th", "ŧ": "t"}
)


def lane_of(media_id: str) -> str:
    """The media id in the form in which two ids are equal when the server takes them for one media.

    MariaDB compares ids without regard to case, accents and blanks at the end. Which of its collations a server
    uses is not known from outside, so everything that any of them ignores is ignored here: two media in one lane
    only wait for each other, two lanes for one media would break the order of its entries. (The ids that a server
    gives out are UUIDs, so what matters is all that may be equal to a text of hexadecimal digits.)
    """
    if media_id.isascii() and media_id.isprintable():
        return media_id.lower().rstrip(" ")
    spread = unicodedata.normalize("NFKD", media_id.casefold()).casefold().translate(_FOLDED)
    kept = (each for each in spread if unicodedata.category(each) not in {"Mn", "Me", "Cc", "Cf"})
    return "".join(each if each <= "\uffff" else "\ufffd" for each in kept).rstrip(" ")


def lanes_of(media_ids: list[str]) -> list[str]:
    """The lane of each id; the same list where none differs, which is the ordinary case."""
    together = "|".join(media_ids)
    plain = together.isascii() and together.isprintable() and together == together.lower()
    if plain and " |" not in f"{together}|":
        return media_ids
    lanes = [lane_of(media_id) for media_id in media_ids]
    return media_ids if lanes == media_ids else lanes


def key_of(lane: str) -> int:
    """The number by which files and tables know a lane: its XXH3-64, or 1 where that is 0.

    Two of n media share one with a probability of n² / 2^65: 3 in 10^8 for a million.
    """
    return xxh3_64_intdigest(lane.encode("utf-8", "surrogatepass")) or 1


def keys_of(lanes: Iterable[str]) -> array[int]:
    """`key_of` each, in a third of the time; for lanes of entries, in which no surrogate stands alone."""
    keys = array("Q", map(xxh3_64_intdigest, map(str.encode, lanes)))
    return array("Q", [key or 1 for key in keys]) if 0 in keys else keys


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The known word that was probably meant, or None where none is near.

    `likeness` is the share of letters in common, 0 to 1, from which two words are near.
    """
    return _nearest(word, tuple(known), likeness)


@lru_cache(maxsize=4096)  # the same slip comes a million times, and comparing takes a tenth of a millisecond
def _nearest(word: str, known: tuple[str, ...], likeness: float) -> str | None:
    by_lane = {lane_of(each).strip(): each for each in sorted(known)}
    same = by_lane.get(lane_of(word).strip())
    if same is not None:
        return same
    from difflib import get_close_matches

    found = get_close_matches(lane_of(word), by_lane, n=1, cutoff=likeness)
    return by_lane[found[0]] if found else None


def weight_of(entry: object) -> int:
    """What an entry that the schema accepts costs the server, which writes a row or two for each.

    1 + its geometries + its classification values + the points of its polygons and lines. (A point and a rectangle
    are columns of their geometry, not rows of their own.)
    """
    if not isinstance(entry, dict):
        return 1
    weight = 1 + _values_in(entry.get("global_classifications"))
    for geometries in _lists_in(entry.get("labels")):
        for geometry in geometries:
            weight += _weight_of_geometry(geometry)
            for nested in _lists_in(geometry.get("nested_geometries")):
                weight += sum(map(_weight_of_geometry, nested))
    return weight


def _lists_in(classes: object) -> list[list[dict[str, object]]]:
    return list(classes.values()) if isinstance(classes, dict) else []


def _weight_of_geometry(geometry: dict[str, object]) -> int:
    points = sum(
        len(each) for key in ("polygon", "line", "geometry") if isinstance(each := geometry.get(key), list)
    )
    return 1 + points + _values_in(geometry.get("classifications"))


def _values_in(value: object) -> int:
    """The texts in a tree of classifications."""
    if isinstance(value, str):
        return 1
    if isinstance(value, dict):
        return sum(map(_values_in, value.values()))
    return sum(map(_values_in, value)) if isinstance(value, list) else 0
