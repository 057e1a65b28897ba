"""What is done with uploads: `office` decides what is next, `checking` checks and `importing` imports one of them.

One check and one import go on at a time, beside each other; the rest waits in the order in which it came, or was
confirmed. Both stand on what `check` and `import` stand on, with the settings of the command line. How an upload
stands is on disk before anybody is told.
"""
