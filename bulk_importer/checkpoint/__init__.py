"""What is settled, surviving a crash: one folder for each source, its log, its rejects, its lock.

`Checkpoint` is the state and the only way to change it; `log` describes the file that it is read from.
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
