"""Runs a `.tflite` with the TensorFlow Lite Micro interpreter, the reference for devices."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError, VerificationError
from tinsmith.learning.packages import require

Floats = npt.NDArray[np.float32]

_SMALLEST_ARENA = 1 << 16


@dataclass(frozen=True)
class Quantisation:
    """value = scale * (q - zero_point); scale 0 for a float tensor."""

    scale: float
    zero_point: int


class MicroInterpreter:
    """A model loaded into TensorFlow Lite Micro.

    Raises:
        VerificationError: TensorFlow Lite Micro refuses the model, with its reason.
        MissingPackageError: The package tflite-micro is not installed.
    """

    def __init__(self, model: bytes) -> None:
        runtime = require("tflite_micro.python.tflite_micro.runtime")
        try:
            self._runner: Any = runtime.Interpreter.from_bytes(
                bytes(model), arena_size=_arena_size(model)
            )
        except (RuntimeError, ValueError) as error:
            raise VerificationError(
                f"TensorFlow Lite Micro does not accept the model: {error}",
                hint="train longer or with a lower learning rate: activations that are almost "
                "constant cannot be quantised",
            ) from error
        self.input = _quantisation(self._runner.get_input_details(0))
        self.output = _quantisation(self._runner.get_output_details(0))
        self.input_shape: tuple[int, ...] = tuple(
            int(size) for size in self._runner.get_input_details(0)["shape"]
        )

    def run(self, features: Floats) -> Floats:
        """[n, width] -> [n, outputs], quantised and back where the model is int8."""
        raw = self.run_raw(quantised(features, self.input) if self.input.scale else features)
        if not self.output.scale:
            return raw.astype(np.float32)
        steps = raw.astype(np.int32) - self.output.zero_point
        return (np.float32(self.output.scale) * steps.astype(np.float32)).astype(np.float32)

    def run_raw(self, inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """[n, width] in the model's own type -> [n, outputs] in the model's own type."""
        if inputs.ndim != 2 or inputs.shape[1] != math.prod(self.input_shape):
            raise DatasetError(
                f"inputs have the shape {inputs.shape}; the model takes {self.input_shape}"
            )
        rows = []
        for row in inputs:
            self._runner.set_input(row.reshape(self.input_shape), 0)
            self._runner.invoke()
            rows.append(np.array(self._runner.get_output(0)).ravel())
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def quantised(features: Floats, to: Quantisation) -> npt.NDArray[np.int8]:
    """clamp(round_half_away(value / scale) + zero_point), as the C core does."""
    steps = features.astype(np.float32) / np.float32(to.scale)
    rounded = np.trunc(steps + np.copysign(np.float32(0.5), steps))
    clipped: Floats = np.clip(rounded + to.zero_point, -128, 127)
    return clipped.astype(np.int8)


def check_accepted(model: bytes) -> None:
    """Refuses a model that TensorFlow Lite Micro does not load and run.

    Raises:
        VerificationError: With its reason.
    """
    runner = MicroInterpreter(model)
    kind = np.int8 if runner.input.scale else np.float32
    runner.run_raw(np.zeros((1, math.prod(runner.input_shape)), kind))


def _quantisation(details: dict[str, Any]) -> Quantisation:
    if details["dtype"] == np.float32:
        return Quantisation(0.0, 0)
    parameters = details["quantization_parameters"]
    return Quantisation(float(parameters["scales"][0]), int(parameters["zero_points"][0]))


def _arena_size(model: bytes) -> int:
    """Room for every tensor at once and the interpreter's own records: plenty, never tight."""
    from ai_edge_litert import schema_py_generated as schema

    try:
        graph = schema.ModelT.InitFromPackedBuf(bytearray(model)).subgraphs[0]
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise VerificationError(
            f"{len(model)} bytes that are no model: {error}", hint="expected a .tflite file"
        ) from error
    values = sum(int(np.prod(tensor.shape)) if len(tensor.shape) else 1 for tensor in graph.tensors)
    return _SMALLEST_ARENA + 8 * values + 4096 * len(graph.operators)
