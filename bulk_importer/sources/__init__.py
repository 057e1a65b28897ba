"""Where the bytes of an input come from: opens what the user named, as bytes to be read from any offset or as a stream.

`open_source` takes a path, `-`, `http(s)://`, `s3://`, `gs://` or `az://`, and `open_entries` what a program gives. A
source that can be read at any byte has a `descriptor` (a plain file) or is `seekable` (a server that answers range
requests); the others are read once, from the beginning. `interfaces` says what each kind has to offer: `files` is what
lies or flows on this machine, `web` and `buckets` what lies elsewhere, `compressed` unpacks any of them, `stretches`
reads parts of one here and there, and `members` is the files of a folder or an archive. `open` chooses among them. Of
use to these are `pread`, `signed_urls`, and for what is compressed `member` and `zstd_frame`. None knows what the bytes
mean.
"""

from typing import TYPE_CHECKING

from bulk_importer.loading.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from bulk_importer.sources.interfaces import Source
    from bulk_importer.sources.open import open_entries, open_source
else:
    __getattr__ = lazy_exports(
        __name__, {"Source": "interfaces", "open_entries": "open", "open_source": "open"}
    )

__all__ = ["Source", "open_entries", "open_source"]
