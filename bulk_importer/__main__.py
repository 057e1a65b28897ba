"""`python -m bulk_importer` and the console script `bulk-importer`, which are one: Ctrl-C is quiet from here on.

So nothing is imported at the top but what that needs.
"""

from __future__ import annotations

from bulk_importer.loading.interrupts import end_on_interrupts

__all__ = ["run"]


def run() -> None:
    """Run the command line of this process, and end the process with its exit code."""
    end_on_interrupts()
    from bulk_importer.cli import main

    main.run()


if __name__ == "__main__":
    run()
