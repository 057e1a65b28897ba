"""Formats with a file, or several, for each picture."""
