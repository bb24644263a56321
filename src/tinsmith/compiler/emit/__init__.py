"""Printing of a planned graph as C."""

from tinsmith.compiler.emit.model import Emitted, emit_model

__all__ = ["Emitted", "emit_model"]
