"""What browsers are shown, and how they are let in, whatever command has a page.

`opening` opens pages at the address that a person asked for, behind all guards. `foreign_page` shows checkpoints that
another process may be writing to, as `looking` finds them; `latest_rejects` reads the entries that were rejected last.
"""
