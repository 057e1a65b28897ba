"""Commands that take a SOURCE: `import` and `check`.

`arguments` is what both take. `import_labels` imports one source after the other, `wiped_warning` says before that
which will wipe labels of others, and `summary_lines` puts into words what came of them. `check` checks sources by the
rules of an import; `check_text` puts its reports into words, `check_json` into one object. `patterns` finds the files
that the SOURCE arguments mean. How one source is imported or checked these modules do not know: that is `pipeline`, and
`library.checking`.
"""
