"""Formats in which one file holds the labels of many pictures, a module each; they know nothing of each other."""
