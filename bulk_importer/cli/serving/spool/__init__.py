"""Uploads on disk, and what is known of each. Nothing here knows of HTTP, of checks or of imports.

The folder, which nobody but its owner can look into:

    spool.json              the server and the project that all of it is for
    lock                    held by the one `serve` that works here
    ID.part/                what is being received or removed; the next start deletes it
    ID/job.json             a `Job`: what is known of one upload, replaced as a whole
    ID/check.json           what its check found
    ID/upload/NAME          the bytes as they came
    ID/corrected-ID/NAME    corrected entries that were uploaded for it later
    ID.checkpoint/          the checkpoint of its import, as every import has one

ID is made here. NAME is what a person called the file, without all that could mean a place (see `names`): some formats
take from it which picture a file is about. An upload counts as there once its bytes, its `job.json` and the name of its
folder are on disk, in this order; a crash before that leaves `ID.part`, which counts as nothing. Removing one goes the
same way back. A checkpoint is deleted only where a person says that of it.

`folder` is all that, of `values`; `receiving` takes the bytes of an upload within bounds, one of which is their `pace`.
"""
