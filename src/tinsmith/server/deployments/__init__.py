"""Packaged, verified builds."""
