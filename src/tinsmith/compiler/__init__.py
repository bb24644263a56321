"""Model file → C. See `compiler/README.md` for the stages."""

from tinsmith.compiler.compile import CompiledModel, Layer, Port, compile_model

__all__ = ["CompiledModel", "Layer", "Port", "compile_model"]
