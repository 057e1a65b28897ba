"""What goes wrong in a sandbox, and how long things take: only what was asked for.

    script      what shall go wrong, as a story or a TOML file
    playback    which step of the story happens to which request
    effects     makes it happen, at a connection
    cost_model  how much work a request is, and how probable a deadlock
    machine     cores and connections that share the work, in simulated time
    clock       runs the machine against the real clock, or faster

Nothing here knows routes, the store, or what a request means.
"""
