"""Reading of untrusted model files."""

from tinsmith.compiler.read.tflite import read_tflite

__all__ = ["read_tflite"]
