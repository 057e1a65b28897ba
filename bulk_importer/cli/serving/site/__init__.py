"""What a browser can ask of `serve`, and what it is shown.

`application` has the pages and the events by which they are looked at again, `uploads` takes files, `actions` what a
person decides; `naming` finds the upload that a request is about. It is named by its id, which is looked for among
those that there are, and is never a path; nothing that is asked for changes a setting. `looking` gathers what is known
of an upload, as one value (`seen`), and `views` makes pages of that, with `offers` (what can be done), `findings` (what
a check found), `plotting` and `wording`. What pages look like is for `observe.page.upload`, who is let in for
`observe.page.guards`.
"""
