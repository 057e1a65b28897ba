"""The command `settings`: every setting, its value and where that came from.

`settings` is the command, `examples` has the settings files that one begins with, and `schema` the JSON Schema for
editors. What a setting is, `bulk_importer.settings` says.
"""
