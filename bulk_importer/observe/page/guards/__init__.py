"""What stands before every page of this machine, so that only those who are meant to see it do.

- `origin`: a request names this server in `Host`, which a page that had its own name rebound to this machine does not;
  and what changes something, or is no page that a person opened, comes from a page of this server.
- `keys`: it carries the cookie that a link was exchanged for. The link is printed where the command runs, holds a code
  that is good once and not for long, and a new one is printed when somebody asks for it. Where others can reach the
  page a token, which is typed into a form, does the same.
- `door`: what is shown to whoever has no cookie yet; nothing about the run stands there.
- `protection`: headers by which the browser, too, keeps strangers' names from being more than text.
- `forms`: what a page sends is a few short values.

`guarding` puts all of that before any application.
"""

from bulk_importer.observe.page.guards.forms import form_of
from bulk_importer.observe.page.guards.guarding import Guards
from bulk_importer.observe.page.guards.keys import Keys
from bulk_importer.observe.page.guards.origin import Site, is_loopback

__all__ = ["Guards", "Keys", "Site", "form_of", "is_loopback"]
