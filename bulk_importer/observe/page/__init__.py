"""Pages for a browser, served from this process to whoever started it.

Whoever is on this machine can reach a port of it, and so can the pages of strangers that are open in a browser. So
nothing is answered before `guards` has let it through, and `listening` takes few connections at a time, none of which
can hold it up. `running` is the page of a run, `upload` those of `serve`. `statics` gives style sheets and scripts to
anyone, among them uPlot, which is vendored: nothing of a page comes from another host.

Nothing that can be asked for changes the server, the token, or a path, and no request is any harm to the run: they are
few at a time, small, short, and what fails in one is answered, not raised.
"""
