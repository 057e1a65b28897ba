"""Commands that move labels of whole projects, and take imports back."""
