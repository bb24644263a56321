"""Functions of one value: int8 tables by their definition, float32 against double precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.compiler.operators import OPERATORS, Operation
from tinsmith.compiler.read import read_tflite

_INT8: dict[str, Callable[[float], float]] = {
    "CEIL": math.ceil,
    "COS": math.cos,
    "EXP": math.exp,
    "FLOOR": math.floor,
    "LOG": lambda x: math.log(x) if x > 0 else (-math.inf if x == 0 else 0.0),
    "NEG": lambda x: -x,
    "ROUND": lambda x: np.round(x),
    "SIN": math.sin,
    "SQRT": lambda x: math.sqrt(max(x, 0.0)),
    "SQUARE": lambda x: x * x,
}


def _model(maker: Any, operator: str, dtype: str, count: int, *scales: Any) -> bytes:
    source = maker.tensor((1, count), dtype, **(scales[0] if scales else {}))
    target = maker.tensor((1, count), dtype, **(scales[1] if scales else {}))
    maker.operator(operator, [source], [target])
    return bytes(maker.finish([source], [target]))


@pytest.mark.parametrize("operator", _INT8)
def test_an_int8_function_is_the_rounded_function_of_the_dequantised_value(
    operator: str, maker: Any
) -> None:
    scales = ({"scale": 0.0371, "zero_point": -11}, {"scale": 0.0217, "zero_point": 9})
    graph = read_tflite(_model(maker, operator, "int8", 256, *scales))
    operation = Operation(graph, graph.nodes[0])
    lower = OPERATORS[operator].lower
    assert lower is not None
    ((call,)) = lower(operation).calls
    table = dict(call.params.fields)["table"].values  # type: ignore[union-attr]
    scale, to = operation.input().scale, operation.output.scale
    for step in range(-128, 128):
        value = _INT8[operator]((step + 11) * scale) / to
        whole = math.copysign(math.floor(abs(max(-1e3, min(1e3, value))) + 0.5), value)
        assert table[step + 128] == max(-128, min(127, int(whole) + 9)), step


_FLOAT32: dict[str, tuple[Callable[[Any], Any], float, float, float]] = {
    # function in double precision, from, to, absolute error allowed besides 3e-7 relative
    "COS": (np.cos, -8000.0, 8000.0, 2e-7),
    "ELU": (lambda x: np.where(x < 0, np.expm1(x), x), -20.0, 5.0, 0.0),
    "EXP": (np.exp, -80.0, 80.0, 0.0),
    "LOG": (np.log, 1e-6, 1e6, 0.0),
    "RSQRT": (lambda x: 1.0 / np.sqrt(x), 1e-6, 1e6, 0.0),
    "SIN": (np.sin, -8000.0, 8000.0, 2e-7),
    "SQRT": (np.sqrt, 0.0, 1e6, 0.0),
}


def _run(bundle_of: Any, model: bytes, values: npt.NDArray[np.float32]) -> Any:
    return bundle_of({"model": model}).run("host", values[None]).values[0]


@pytest.mark.parametrize("operator", _FLOAT32)
def test_a_float32_function_is_nearly_exact(operator: str, maker: Any, bundle_of: Any) -> None:
    function, low, high, absolute = _FLOAT32[operator]
    wide = np.linspace(low, high, 4001)
    near = np.linspace(max(low, -2.0), min(high, 2.0), 4001)
    values = np.concatenate([wide, near]).astype(np.float32)
    values = values[(values != 0) | (low < 0)]
    actual = _run(bundle_of, _model(maker, operator, "float32", len(values)), values)
    expected = function(values.astype(np.float64))
    np.testing.assert_allclose(actual, expected, rtol=3e-7, atol=absolute)


_SPECIAL = np.array([0.0, -1.0, np.inf, -np.inf, np.nan, 1e30, -1e30], np.float32)


@pytest.mark.parametrize(
    ("operator", "function"),
    [
        ("CEIL", np.ceil),
        ("EXP", np.exp),
        ("FLOOR", np.floor),
        ("LOG", np.log),
        ("ROUND", np.round),
        ("RSQRT", lambda x: 1 / np.sqrt(x)),
        ("SQRT", np.sqrt),
        ("SQUARE", np.square),
    ],
)
def test_a_float32_function_is_defined_everywhere(
    operator: str, function: Callable[[Any], Any], maker: Any, bundle_of: Any
) -> None:
    actual = _run(bundle_of, _model(maker, operator, "float32", len(_SPECIAL)), _SPECIAL)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(actual, function(_SPECIAL), rtol=3e-7)


@pytest.mark.parametrize("operator", ["FLOOR", "CEIL", "ROUND"])
def test_whole_numbers_are_found_exactly(operator: str, maker: Any, bundle_of: Any) -> None:
    function = {"FLOOR": np.floor, "CEIL": np.ceil, "ROUND": np.round}[operator]
    halves = np.arange(-9, 10) / 2
    values = np.concatenate([halves, [4194303.5, -4194303.5, 8388609.0, 3e9]]).astype(np.float32)
    actual = _run(bundle_of, _model(maker, operator, "float32", len(values)), values)
    np.testing.assert_array_equal(actual, function(values))


@pytest.mark.parametrize(("operator", "low"), [("RELU_0_TO_1", 0.0), ("RELU_N1_TO_1", -1.0)])
def test_a_bounded_relu_cuts_off_at_its_bounds(
    operator: str, low: float, maker: Any, new_maker: type, bundle_of: Any
) -> None:
    values = np.linspace(-3, 3, 61, dtype=np.float32)
    actual = _run(bundle_of, _model(maker, operator, "float32", 61), values)
    np.testing.assert_array_equal(actual, np.clip(values, low, 1.0))
    steps = np.arange(-128, 128)
    scale = {"scale": 0.03, "zero_point": -20}
    model = _model(new_maker(), operator, "int8", 256, scale, scale)
    least, most = round(low / 0.03) - 20, round(1.0 / 0.03) - 20
    np.testing.assert_array_equal(
        _run(bundle_of, model, steps.astype(np.float32)), np.clip(steps, least, most)
    )
