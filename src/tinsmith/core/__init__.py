"""Vocabulary shared by every layer: errors, hashing, units, parameters, registries, C values."""
