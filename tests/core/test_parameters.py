"""One declaration of a parameter checks every value that is given for it."""

from __future__ import annotations

from typing import Any

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, resolve

LENGTH = Parameter(
    "frame_length_s", "float", 0.02, "Frame length", "", unit="s", minimum=0.001, maximum=1.0
)
COUNT = Parameter("num_filters", "int", 40, "Filters", "", minimum=2)
SCALE = Parameter("scale", "choice", "log", "Scale", "", choices=("log", "linear", 8))
USED = Parameter("use_it", "bool", True, "Use it", "")
NAME = Parameter("name", "text", "", "Name", "")
ALL = (LENGTH, COUNT, SCALE, USED, NAME)


def test_defaults_fill_what_is_not_given() -> None:
    assert resolve(ALL, {"num_filters": 20}, where="mfe") == {
        "frame_length_s": 0.02,
        "num_filters": 20,
        "scale": "log",
        "use_it": True,
        "name": "",
    }


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("num_filters", 20.0, 20),
        ("frame_length_s", 1, 1.0),
        ("scale", 8.0, 8),
        ("use_it", False, False),
    ],
)
def test_values_take_the_type_of_their_parameter(name: str, given: Any, kept: Any) -> None:
    found = resolve(ALL, {name: given}, where="mfe")[name]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("frame_length_s", "long", "frame_length_s is 'long'; expected a number"),
        ("frame_length_s", float("nan"), "frame_length_s is nan; expected a finite number"),
        ("frame_length_s", float("inf"), "frame_length_s is inf; expected a finite number"),
        ("frame_length_s", 0, "frame_length_s is 0.0 s; expected at least 0.001"),
        ("frame_length_s", 3, "frame_length_s is 3.0 s; expected at most 1.0"),
        ("num_filters", 2.5, "num_filters is 2.5; expected a whole number"),
        ("num_filters", True, "num_filters is True; expected a whole number"),
        ("num_filters", None, "num_filters is None; expected a whole number"),
        ("scale", "loud", "scale is 'loud'; expected one of log, linear, 8"),
        ("use_it", 1, "use_it is 1; expected true or false"),
        ("name", 5, "name is 5; expected text"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected(
    name: str, given: Any, message: str
) -> None:
    with pytest.raises(DesignError) as caught:
        resolve(ALL, {name: given}, where="mfe")
    assert caught.value.message == f"mfe: {message}"


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(DesignError) as caught:
        resolve(ALL, {"num_filters": 0, "frame_length_s": 9, "filters": 3}, where="mfe")
    text = caught.value.message
    assert "unknown parameter 'filters'; known: frame_length_s, num_filters" in text
    assert "num_filters is 0" in text
    assert "frame_length_s is 9.0 s" in text


def test_a_list_as_choice_is_refused_and_does_not_crash() -> None:
    with pytest.raises(DesignError, match="expected one of"):
        resolve(ALL, {"scale": ["log"]}, where="mfe")


def test_a_choice_keeps_its_kind() -> None:
    with pytest.raises(DesignError, match="expected one of"):
        resolve((Parameter("n", "choice", 1, "N", "", choices=(0, 1)),), {"n": True}, where="x")
