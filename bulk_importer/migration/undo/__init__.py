"""Takes an import back: what its media held before it, they hold again.

    what was kept (backups.replaced)  }
    what was delivered (the source)   } -> deeds -> buckets, by media -> planning -> restore.jsonl -> an import
    what the media hold now           }                                  deciding

- `deeds` gathers what an import and its retries did, `buckets` sorts it by media for more of them than memory holds.
- `deciding` is pure: of one media, what was there before, what should be there now, and what is.
- `planning` writes down what is to be sent and what is left alone; `folders` knows where, and which undo goes on.
- `undoing` does all of it, from doubts to the import.
"""
