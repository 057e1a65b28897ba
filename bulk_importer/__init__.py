"""Streams huge JSON arrays of labels into a DataGym server: checked, in parallel, resumable."""

__all__: list[str] = []
