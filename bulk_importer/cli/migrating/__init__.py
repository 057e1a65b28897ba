"""The commands that move labels of projects out of a server: `backup`, and what `verify` does with a backup."""
