"""What features look like: maps of windows, importance, and features as files."""
