"""What came of all shards of a plan, as a whole: files, facts for programs, words and a page for people.

`whole` is the way in: it writes the rejected entries, the summary and the report. `text` says it in words, `chapter`
and `report` make the page, `naming` names shards and the commands that do something about them, `taken_back` says that
`undo` took it all back, and `proof` is what `verify` says of a plan. What the shards come to is found by
`distributed.gathering`, not here.
"""
