"""Which settings are a matter of the machine that a worker of a fleet runs on, and not of the plan that it works on.

Names of settings, for all who ask: what a plan keeps, what `work` takes, what an engine tells its workers.
"""

from __future__ import annotations

__all__ = ["FILES_OF_A_MACHINE", "OF_A_WORKER"]

FILES_OF_A_MACHINE = frozenset({"token_file", "basic_auth_file", "ca_file", "client_cert", "client_key"})
"""Files by which a machine reaches the server. They hold secrets, or lie elsewhere on another machine."""

OF_A_WORKER = frozenset({"workers", "grace", "doubt_wait", "max_outage", "lease", "turn_wait"})
"""What a worker says for itself, whatever the plan was made with; and how it reaches the server."""
