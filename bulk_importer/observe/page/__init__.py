"""A page of a run for a browser: served from this process, seen and steered by whoever started the command.

Whoever is on this machine can reach a port of it, and so can the pages of strangers that are open in a browser. So
nothing is answered before `guards` has let it through:

- `origin`: a request names this server in `Host`, which a page that had its own name rebound to this machine does not;
  and what changes something, or is no page that a person opened, comes from a page of this server.
- `keys`: it carries the cookie that a link was exchanged for. The link is printed where the command runs, holds a code
  that is good once and not for long, and a new one is printed when somebody asks for it. Where others can reach the
  page a token, which is typed into a form, does the same.
- `door`: what is shown to whoever has no cookie yet; nothing about the run stands there.
- `protection`: headers by which the browser, too, keeps strangers' names from being more than text.
- `listening`: connections are few, and those that say nothing, or do not take their answers, are closed.
- `forms`: what a page sends is a few short values.

Nothing that can be asked for changes the server, the token, or a path, and no request is any harm to the run: they are
few at a time, small, short, and what fails in one is answered, not raised.
"""
