"""A key of the server is never shown without what it means."""

from __future__ import annotations

from bulk_importer.datagym.answers.server_words import in_words


def test_a_key_is_explained_and_can_be_searched_for() -> None:
    """With its parameters, if it has any; one that nobody knows is a refusal all the same."""
    assert in_words("ex_system").startswith("the server failed inside; ")
    assert in_words("ex_system").endswith(" (ex_system)")
    said = "the label configuration has no such key at this place (ex_gen_wrong_entry_id ['tram'])"
    assert in_words("ex_gen_wrong_entry_id", ["tram"]) == said
    assert in_words("ex_gen_new") == "the server refused the request (ex_gen_new)"
