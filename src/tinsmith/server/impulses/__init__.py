"""Designs: what a project's impulses are made of."""
