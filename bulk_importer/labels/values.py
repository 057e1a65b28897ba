"""What the server makes of the values of one classification.

Pure. It collects the texts of the list, wherever they stand, and takes them if their number suits the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bulk_importer.labels.entry import nearest
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.label_config import ClassType, LabelClass
from bulk_importer.labels.pointers import shown

__all__ = ["flaws_of_values", "is_plain", "meant"]

_LONGEST_TEXT = 255


def is_plain(values: list[object], label: LabelClass) -> bool:
    """Whether the values are one known option and nothing else, as nearly all are; nothing is wrong then."""
    text = values[0] if len(values) == 1 else None
    return (
        label.options is not None
        and isinstance(text, str)
        and text in label.options
        and len(text) <= _LONGEST_TEXT
    )


def flaws_of_values(values: list[object], label: LabelClass | None, at: str) -> Iterator[Flaw]:
    """The texts of one classification."""
    texts = [(place, value) for place, value in enumerate(values) if isinstance(value, str)]
    if not texts:
        code = "required-omitted" if label is not None and label.required else "classification-unset"
        yield Flaw(code, at, "a value", shown(values))
    elif label is not None and label.type is not ClassType.CHECKLIST and len(texts) > 1:
        found = f"{len(texts)}: {', '.join(shown(text) for _, text in texts[:4])}"
        yield Flaw("value-several", at, f"one value for {label.type} {label.key!r}", found)
    else:
        seen: set[str] = set()
        for place, text in texts:
            flaw = _flaw_of_text(text, label, f"{at}/{place}")
            if flaw is not None:
                yield flaw
            elif text in seen:
                yield Flaw("option-twice", f"{at}/{place}", "each option once", shown(text))
            seen.add(text)


def _flaw_of_text(text: str, label: LabelClass | None, at: str) -> Flaw | None:
    if len(text) > _LONGEST_TEXT:
        return Flaw("text-over-255", at, f"at most {_LONGEST_TEXT} characters", f"{len(text)} characters")
    if label is not None and label.options is not None and text not in label.options:
        code = "option-unknown"
        if label.type is ClassType.CHECKLIST:
            code = "option-invalid" if label.required else "option-unlisted"
        return Flaw(code, at, meant(text, list(label.options)), shown(text))
    if label is None or label.type is not ClassType.FREETEXT:
        return None
    units = len(text.encode("utf-16-le")) // 2  # the server counts as Java does
    if label.max_length is not None and units > label.max_length:
        return Flaw("text-too-long", at, f"at most {label.max_length} characters", f"{units} characters")
    if label.required and not text:
        return Flaw("text-empty", at, "a text", '""')
    return None


def meant(word: str, known: Iterable[str]) -> str:
    """What may stand in place of `word`, for people: the nearest of the known words, or the first of them."""
    words = sorted(known)
    near = nearest(word, words)
    if near is not None:
        return f"a known key, {near!r} is the nearest"
    if not words:
        return "nothing: there is none here"
    listed = ", ".join(map(repr, words[:8]))
    return f"one of {listed}" + (f" and {len(words) - 8} more" if len(words) > 8 else "")
