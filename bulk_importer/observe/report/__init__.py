"""The report: a page that says what a person wants to know of a run, in that order, and needs nothing but a browser.

Did it work, what is missing, what to do now; then the course of it in pictures, what was found, some of the entries
that were rejected, what was changed by whom, and the particulars. `values` is what it is made of: a chapter for each
source. `page` puts the chapters together; `verdict`, `course`, `tables`, `examples` and `particulars` write parts of
one, and `looks` has the style sheet and the sign in the tab of a browser.

The page is of bounded size whatever the run was: of findings, examples, classes and moments the most important ones
are shown, and how many more there are is said.
"""

from bulk_importer.observe.report.page import report_page
from bulk_importer.observe.report.values import (
    Chapter,
    Count,
    Example,
    Found,
    Ledger,
    Particulars,
    Place,
    Table,
    Verdict,
)

__all__ = [
    "Chapter",
    "Count",
    "Example",
    "Found",
    "Ledger",
    "Particulars",
    "Place",
    "Table",
    "Verdict",
    "report_page",
]
