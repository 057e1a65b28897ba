"""What is settled, surviving a crash: a folder for each source.

- `ledger` has `Checkpoint`, the state and the only way to change it. Behind it `folder` writes the files in the order
  in which they count on each other: `log` (a package, which describes the format), `rejects`, `digests`, `lock`.
- `places` says in which folder the checkpoint of a source is, `identity` whether a source is the recorded one.
- `retries` are the folders in which entries that were rejected are sent again, each a `correction`;
  `retry_claims` says what of them is in doubt.
- `proof` proves a checkpoint, and repairs a damaged log. `summary_file` writes what a run came to.

It accepts segments, batches and rejections as they are, and knows neither a server nor how a source is read.
"""

from bulk_importer.checkpoint.digests import DeliveredDigests, delivered_digests
from bulk_importer.checkpoint.folder import FolderOptions
from bulk_importer.checkpoint.identity import identify
from bulk_importer.checkpoint.ledger import Checkpoint, read_state
from bulk_importer.checkpoint.lock import LockOwner, lock_owner
from bulk_importer.checkpoint.log.records import Header, SourceIdentity, Undecided
from bulk_importer.checkpoint.log.state import CheckpointState, Contradiction, Counts
from bulk_importer.checkpoint.log.tail import LogTail
from bulk_importer.checkpoint.proof.claims import Claim
from bulk_importer.checkpoint.proof.repair import repair_log
from bulk_importer.checkpoint.proof.source_proof import SourceProof
from bulk_importer.checkpoint.proof.verification import Proof, verify
from bulk_importer.checkpoint.rejects import RejectedLine, rejected_lines

__all__ = [
    "Checkpoint",
    "CheckpointState",
    "Claim",
    "Contradiction",
    "Counts",
    "DeliveredDigests",
    "FolderOptions",
    "Header",
    "LockOwner",
    "LogTail",
    "Proof",
    "RejectedLine",
    "SourceIdentity",
    "SourceProof",
    "Undecided",
    "delivered_digests",
    "identify",
    "lock_owner",
    "read_state",
    "rejected_lines",
    "repair_log",
    "verify",
]
