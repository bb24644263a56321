"""Whole projects: out as plain files, and in again."""
