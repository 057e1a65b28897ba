"""The command `serve`: a page on which a person drops a label file, sees what is wrong with it, and watches it go.

`serve` is the command. `spool` keeps uploads and what is known of each on disk, `work` checks and imports them on the
same engine and the same checkpoints as the terminal does, one at a time, and `site` is what a browser can ask for. What
the pages look like is for `observe.page.upload`; `command_line` writes the commands that do the same at a terminal.

A browser chooses none of the settings: server, project, token, files and all the rest are what the command line said.
So the terminal can go on where the browser stopped, with the command that the page shows.
"""
