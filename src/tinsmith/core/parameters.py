"""Parameters of blocks: one declaration that forms, help, validation, docs and the tuner read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tinsmith.core.errors import DesignError

ParameterType = Literal["int", "float", "bool", "choice", "text"]
Settings = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """One setting of a block.

    Args:
        name: snake_case identifier, with the unit in it where it has one (`frame_length_s`).
        type: Kind of value; `choice` takes one of `choices`.
        default: Value used when the design says nothing.
        title: Short name for screens.
        help: One or two sentences that teach what it does.
        unit: SenML unit or empty.
        minimum, maximum: Inclusive limits of numbers.
        choices: Allowed values of a `choice`.
        group: Heading in forms and docs.
        show_if: `(other parameter, value)`: only meaningful when the other has that value, or one
            of a tuple of values.
        search: Values worth trying when tuning.
    """

    name: str
    type: ParameterType
    default: Any
    title: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    group: str = ""
    show_if: tuple[str, Any] | None = None
    search: tuple[Any, ...] = ()


def resolve(parameters: Sequence[Parameter], given: Mapping[str, Any], *, where: str) -> Settings:
    """All parameters with `given` values checked and defaults filled in.

    Raises:
        DesignError: An unknown name, a value of the wrong kind, or one outside its limits; all
            problems are reported together.
    """
    known = {parameter.name: parameter for parameter in parameters}
    problems = [
        f"{where}: unknown parameter {name!r}; known: {', '.join(known) or 'none'}"
        for name in given
        if name not in known
    ]
    settings: Settings = {}
    for parameter in parameters:
        try:
            settings[parameter.name] = check(
                parameter, given.get(parameter.name, parameter.default)
            )
        except DesignError as error:
            problems.append(f"{where}: {error.message}")
    if problems:
        raise DesignError("; ".join(problems), hint="correct the values in the impulse")
    return settings


def check(parameter: Parameter, value: Any) -> Any:
    """`value` converted to the parameter's type and checked against its limits."""
    converted = _convert(parameter, value)
    if parameter.type in ("int", "float"):
        _check_limits(parameter, converted)
    return converted


def _convert(parameter: Parameter, value: Any) -> Any:
    kind = parameter.type
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "text" and isinstance(value, str):
        return value
    if kind == "choice":
        return _chosen(parameter, value)
    if kind in ("int", "float") and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise DesignError(f"{parameter.name} is {value}; expected a finite number")
        if kind == "float":
            return float(value)
        if float(value).is_integer():
            return int(value)
    raise DesignError(f"{parameter.name} is {value!r}; expected {_article(kind)}")


def _chosen(parameter: Parameter, value: Any) -> Any:
    """The choice that equals `value`, in its own type: 64 for 64.0, but nothing for True."""
    for choice in parameter.choices:
        if choice == value and isinstance(choice, bool) == isinstance(value, bool):
            return choice
    options = ", ".join(str(choice) for choice in parameter.choices)
    raise DesignError(f"{parameter.name} is {value!r}; expected one of {options}")


def _article(kind: str) -> str:
    return {"int": "a whole number", "float": "a number", "bool": "true or false"}.get(kind, "text")


def _check_limits(parameter: Parameter, value: float) -> None:
    unit = f" {parameter.unit}" if parameter.unit else ""
    if parameter.minimum is not None and value < parameter.minimum:
        raise DesignError(
            f"{parameter.name} is {value}{unit}; expected at least {parameter.minimum}"
        )
    if parameter.maximum is not None and value > parameter.maximum:
        raise DesignError(
            f"{parameter.name} is {value}{unit}; expected at most {parameter.maximum}"
        )
