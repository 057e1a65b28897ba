"""What is imported late, or in a way of its own, so that no command waits for what it has no use for.

- `lazy_exports` makes the door of a package, which imports the module behind a name when the name is asked for.
- `http_library` is aiohttp, without the certificates of the system until a connection needs them.
- `interrupts` is what Ctrl-C does meanwhile.
"""
