"""Float32 `.tflite` to full-integer int8, input and output included.

The ranges of the activations are the true minimum and maximum over representative windows. The
quantiser's own calibration is a moving average, which cuts off peaks and costs a regression most of
its accuracy. An int8 output has 256 steps: a regression resolves 1/255 of its range in training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.learning.export import pack
from tinsmith.learning.packages import require
from tinsmith.learning.scaler import check_features

MAX_WINDOWS = 1000
"""Representative windows used; spread evenly over those given."""

Floats = npt.NDArray[np.float32]


def quantise(float32: bytes, features: Floats) -> bytes:
    """The int8 model of a float32 one.

    Args:
        float32: `.tflite` with one float input.
        features: [n, width] training windows as the network sees them.

    Raises:
        DatasetError: No representative windows, or NaN or infinite ones.
        MissingPackageError: ai-edge-quantizer is not installed.
    """
    check_features(features)
    recipes = require("ai_edge_quantizer.recipe_manager").RecipeManager()
    recipes.load_quantization_recipe(require("ai_edge_quantizer.recipe").static_wi8_ai8())
    # The stages behind the package's Quantizer class, which would start an interpreter that logs.
    model = require("ai_edge_quantizer.utils.tfl_flatbuffer_utils").read_model(memoryview(float32))
    parameters = (
        require("ai_edge_quantizer.params_generator")
        .ParamsGenerator(model)
        .generate_quantization_parameters(recipes, activation_ranges(float32, features), False)
    )
    modifier = require("ai_edge_quantizer.model_modifier").ModelModifier(model)
    return pack(_read(bytes(modifier.modify_model(parameters))))


def activation_ranges(
    float32: bytes, features: Floats
) -> dict[str, dict[str, npt.NDArray[np.float32]]]:
    """Smallest and largest value of each tensor over (at most `MAX_WINDOWS`) windows, by name."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    runner = Interpreter(
        model_content=float32,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        num_threads=1,
    )
    runner.allocate_tensors()
    source = runner.get_input_details()[0]
    if features.shape[1] != np.prod(source["shape"]):
        raise DatasetError(
            f"the windows have {features.shape[1]} features, the model takes {source['shape']}"
        )
    wanted = [item for item in runner.get_tensor_details() if item["dtype"] == np.float32]
    low = np.full(len(wanted), np.inf, np.float32)
    high = np.full(len(wanted), -np.inf, np.float32)
    for row in features[_spread(len(features))]:
        runner.set_tensor(source["index"], row.reshape(source["shape"]).astype(np.float32))
        runner.invoke()
        for position, item in enumerate(wanted):
            values = runner.get_tensor(item["index"])
            low[position] = min(low[position], values.min())
            high[position] = max(high[position], values.max())
    return {
        item["name"]: {"min": low[position].reshape(1), "max": high[position].reshape(1)}
        for position, item in enumerate(wanted)
    }


def _spread(count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MAX_WINDOWS)).astype(np.int64))


def _read(model: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromPackedBuf(bytearray(model))
