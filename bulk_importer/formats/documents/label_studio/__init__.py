"""Label Studio's own JSON, and its JSON_MIN: tasks with the annotations of one person or several.

`reading` goes over the tasks and chooses among the annotations, `results` puts together what the results of one say of
each region, `regions` makes shapes of them, `brushes` unpacks masks, and `pictures` finds out which file a task is
about.
"""

from bulk_importer.formats.documents.label_studio.reading import read, recognises

__all__ = ["read", "recognises"]
