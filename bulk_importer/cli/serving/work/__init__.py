"""What is done with uploads: `rounds` decides what is next, `checking` checks and `importing` imports one of them.

`works` has the two for `rounds`, and `running` is what goes on at the moment. `register` knows how they stand, `office`
is what a person can ask, and `target` looks for the project at the start.

One check and one import go on at a time, beside each other; the rest waits in the order in which it came, or was
confirmed. Both stand on what `check` and `import` stand on, with the settings of the command line. How an upload
stands is on disk before anybody is told.
"""
