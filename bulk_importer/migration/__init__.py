"""What is done with a project as a whole, above single imports.

- States of tasks: `completing` completes or skips the tasks whose labels imports delivered. `delivered` knows which
  media these are, `choosing` which of their tasks are left alone; `states` sets any pairs of task and state, and
  `state_record` remembers which were set, so that it resumes after anything. `remembering` reads a source again where
  its checkpoint does not know any more which media it names.
- Label configurations: `configuring` adds to that of a project what it lacks of another.

It knows checkpoints, the server, and what an import is; nothing below knows it.
"""
