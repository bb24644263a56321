"""The installation itself: health and version."""
