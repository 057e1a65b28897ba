"""Formats in which one file holds many pictures."""
