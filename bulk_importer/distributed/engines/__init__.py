"""Lets a scheduler run the shards of a plan, each in a process of its own: `bulk-importer work PLAN --index N`.

The lease decides who sends, not the scheduler: those start a task again whose first one still runs.
"""
