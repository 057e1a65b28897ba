"""The catalogue says what each finding means, and the settings say what it counts as."""

from __future__ import annotations

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.labels.findings import CATALOGUE, kind_of, severities
from bulk_importer.labels.flaws import Ring
from bulk_importer.model import Severity


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_kind_says_what_happens_and_what_to_do(code: str) -> None:
    """Whole sentences, readable aloud, and a code that can be typed."""
    kind = CATALOGUE[code]
    assert kind.code == code
    assert code == code.lower()
    assert " " not in code
    for sentence in (kind.meaning, kind.advice):
        assert sentence[0].isupper() or sentence.startswith(("nested", "[", "internal"))
        assert sentence.endswith(".")
    assert code in kind.explained()
    assert kind.advice in kind.explained()


def test_an_unknown_code_names_the_nearest() -> None:
    """A slip in a code is answered with the code that was meant."""
    with pytest.raises(UsageError, match="'option-unknown'"):
        kind_of("option-unknwon")
    with pytest.raises(UsageError, match="no finding 'zzz'"):
        severities(allow=["zzz"])


def test_strict_makes_warnings_errors_and_leaves_notes() -> None:
    """Notes never reject."""
    strict = severities(strict=True)
    assert strict["class-case"] is Severity.ERROR
    assert strict["classification-unset"] is Severity.NOTE


def test_single_codes_are_tuned() -> None:
    """What is allowed is only counted; what is denied is an error, whatever else is said about it."""
    tuned = severities(
        strict=True, allow=["option-unknown", "class-case"], deny=["required-omitted", "class-case"]
    )
    assert tuned["option-unknown"] is Severity.NOTE
    assert tuned["required-omitted"] is Severity.ERROR
    assert tuned["class-case"] is Severity.ERROR


def test_what_cannot_be_sent_cannot_be_allowed() -> None:
    """Allowing it would send a request that is refused for certain, or that loses the entry."""
    with pytest.raises(UsageError, match="cannot be allowed"):
        severities(allow=["not-json"])


def test_without_a_label_configuration_nothing_that_needs_one_rejects() -> None:
    """Then exactly what the schema accepts is sent."""
    plain = severities(configured=False)
    needing = [code for code, kind in CATALOGUE.items() if kind.ring is Ring.MEANING]
    assert needing
    assert all(plain[code] is not Severity.ERROR for code in needing)
    assert plain["schema-type"] is Severity.ERROR
