"""Processes of the program, begun without loading it each time."""
