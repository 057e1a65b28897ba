"""Pages for people, made of what strangers wrote: HTML in which every text is escaped, and nothing runs.

`html` makes elements, `tables` what has rows, `document` a whole page that stands alone. Report and live page are made
of these. A page reads well without its style sheet and without any script: some who show it block both.
"""

from bulk_importer.observe.markup.document import document, is_document
from bulk_importer.observe.markup.html import Content, Markup, element, link, name
from bulk_importer.observe.markup.tables import facts_table, table

__all__ = ["Content", "Markup", "document", "element", "facts_table", "is_document", "link", "name", "table"]
