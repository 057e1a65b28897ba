"""Judges an input without sending anything: what `import` would refuse, and what it would do.

`checking` reads a source as an import does, and counts; `grouping` puts findings together for people, a line for each
kind and place. They know no checkpoint and no server: the ruleset is given.
"""
