"""The door for programs: what `import`, `check`, `retry`, `status`, `backup`, `migrate` and `undo` do, as functions
of values to values.

A module for each: `importing`, `checking`, `retrying`, `undoing`, and `status`, which gives `status_values`; `projects`
has those for projects as a whole. `inputs` makes sources, tokens and folders of what a caller gives, `converting`
entries of what another tool wrote, `rulesets` gathers what a check compares entries with, and `sync` makes the
functions for programs without an event loop. `bulk_importer` exports what programs need, and imports a module of this
package when it is asked for.

The command line stands on this package where both need the same: it adds arguments, signals, words and exit codes. The
library prints nothing, catches no signal, and reads neither a settings file nor, but for the token, a variable.
"""
