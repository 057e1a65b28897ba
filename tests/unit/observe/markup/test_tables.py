"""Tables that are read aloud as well as looked at."""

from __future__ import annotations

from bulk_importer.observe.markup import facts_table, table


def test_each_cell_has_its_headings_and_the_table_a_caption() -> None:
    shown = table("Findings <by code>", ("code", "entries"), [("class-unknown", "1,200")], numbers=1).text
    assert "<caption>Findings &lt;by code&gt;</caption>" in shown
    assert '<th scope="col">code</th><th scope="col" class="number">entries</th>' in shown
    assert '<tr><th scope="row">class-unknown</th><td class="number">1,200</td></tr>' in shown


def test_a_table_that_is_too_wide_is_scrolled_by_keys_too() -> None:
    shown = facts_table("Versions", [("bulk-importer", "1.0")]).text
    assert shown.startswith('<div class="scrolls" tabindex="0" role="group" aria-label="Versions"><table>')
    assert '<th scope="row">bulk-importer</th><td>1.0</td>' in shown
