"""`python -m bulk_importer` is the console script `bulk-importer`."""

from bulk_importer.cli.main import run

run()
