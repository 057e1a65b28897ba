"""Formats with a file of labels for each picture, or several, a module each; they know nothing of each other."""
