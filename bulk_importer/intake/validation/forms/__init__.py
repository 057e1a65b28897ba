"""The fast accept: types of an entry into which ordinary ones decode, and a count of what arrived in them.

What decodes into a form and passes its count is in the language of the import schema, means one thing, and is worth no
error and no warning. `plain` is the form under the import schema alone; `configured` is compiled from a label
configuration; `narrow` narrows either, by what `wide` says of it, to what the entries of an input have looked like so
far (`seen`). `coordinates` are in all of them, and all give the same weight and the same `digest`. What fits none is
not thereby wrong: the judge looks at it exactly.
"""
