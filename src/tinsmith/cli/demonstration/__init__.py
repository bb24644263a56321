"""The demonstration: real recordings to verified firmware, on a bare machine."""
