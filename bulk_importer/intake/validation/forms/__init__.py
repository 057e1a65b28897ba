"""The fast accept: types of an entry into which ordinary ones decode, and a count of what arrived in them.

What decodes into a form and passes its count is in the language of the import schema, means one thing, and is worth no
error and no warning. One generator (`form`) makes all forms: of what may stand in an entry (`spec`; `allowed` reads it
from a label configuration, or gives what the import schema allows), and of what entries have looked like so far
(`seen`; `learning` says when a form is made of that). With nothing seen it is the wide form, which knows all that is
ordinary, and else a narrow one. Both are made of `nodes`, with `values` and `coordinates` at the ends: types, each of
which writes how it is counted (`code`). All forms give the same weight and the same `digest`. What fits none is not
thereby wrong: the judge looks at it exactly.
"""
