"""The page of a run, or of several that one command makes one after the other.

What is shown is a `view.View`, which somebody else makes; `seen` adds up the events of runs for that. `pieces` writes
what stands in each place of the page, in the `words` for how a run stands, `whole` the page around them, `plots` the
columns that its script draws, `icons` the sign in the tab of the browser. `live` is the application: it tells browsers
what changes, and turns buttons into commands, as `pacing` says, for whoever has the controls.

The page is whole without its script, and stands still then.
"""

from bulk_importer.observe.page.running.live import LivePage
from bulk_importer.observe.page.running.seen import RunsSeen
from bulk_importer.observe.page.running.view import Source, View

__all__ = ["LivePage", "RunsSeen", "Source", "View"]
