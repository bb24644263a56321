"""Versions: a project kept as it is now, compared, restored."""
