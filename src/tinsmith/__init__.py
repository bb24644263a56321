"""Tinsmith: machine learning on small devices, from recordings to verified firmware."""

__version__ = "0.1.0"
