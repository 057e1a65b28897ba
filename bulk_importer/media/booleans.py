"""Which words mean true and which false: what programs and people write, and what spreadsheets make of it.

A spreadsheet writes TRUE in the language of its machine. No word here is true in one language and false in another.

Pure.
"""

from __future__ import annotations

from bulk_importer.labels.entry import lane_of

__all__ = ["truth_of"]

_PAIRS = (
    ("1", "0"),
    ("1.0", "0.0"),
    ("1,0", "0,0"),
    ("true", "false"),
    ("t", "f"),
    ("yes", "no"),
    ("y", "n"),
    ("on", "off"),
    ("wahr", "falsch"),  # German
    ("ja", "nein"),
    ("vrai", "faux"),  # French
    ("oui", "non"),
    ("verdadero", "falso"),  # Spanish
    ("sí", "no"),
    ("vero", "falso"),  # Italian
    ("sì", "no"),
    ("verdadeiro", "falso"),  # Portuguese
    ("sim", "não"),
    ("waar", "onwaar"),  # Dutch
    ("ja", "nee"),
    ("sand", "falsk"),  # Danish
    ("sant", "falskt"),  # Swedish
    ("ja", "nej"),
    ("sann", "usann"),  # Norwegian
    ("ja", "nei"),
    ("tosi", "epätosi"),  # Finnish
    ("kyllä", "ei"),
    ("prawda", "fałsz"),  # Polish
    ("tak", "nie"),
    ("pravda", "nepravda"),  # Czech, Slovak
    ("ano", "ne"),
    ("áno", "nie"),
    ("igaz", "hamis"),  # Hungarian
    ("igen", "nem"),
    ("doğru", "yanlış"),  # Turkish
    ("evet", "hayır"),
    ("adevărat", "fals"),  # Romanian
    ("da", "nu"),
    ("cert", "fals"),  # Catalan
    ("истина", "ложь"),  # Russian
    ("да", "нет"),
    ("αληθής", "ψευδής"),  # Greek
    ("αληθές", "ψευδές"),
    ("ναι", "όχι"),
)
_TRUE = frozenset(lane_of(true) for true, _ in _PAIRS)
_FALSE = frozenset(lane_of(false) for _, false in _PAIRS)


def truth_of(given: object) -> bool | None:
    """Whether it means true or false: a truth value, 1 or 0, or a word in any case; None where it is neither."""
    if isinstance(given, str):
        word = lane_of(given.strip())
        return True if word in _TRUE else False if word in _FALSE else None
    return bool(given) if given in (0, 1) else None
