"""Gives tasks their states: completed, skipped or reviewed, each once, whatever happens meanwhile.

- `completing` is for imports: the tasks whose labels they delivered. `delivered` knows which media these are,
  `choosing` which of their tasks are left alone, and `remembering` reads a source again where its checkpoint does not
  know any more which media it names.
- `states` gives any pairs of task and state, and `state_record` remembers which were given, so that it resumes.

It changes no labels, and nothing of a checkpoint but the record.
"""
