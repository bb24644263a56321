"""Samples: adding, finding, seeing and changing them."""
