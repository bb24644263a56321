"""What others call or see says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from tinsmith.core.parameters import Parameter, check
from tinsmith.datasets.augment import PARAMETERS as AUGMENTATION
from tinsmith.dsp import BLOCKS
from tinsmith.learning.config import TRAINING_PARAMETERS
from tinsmith.learning.presets import PRESETS
from tinsmith.toolchain import targets

OWNERS: dict[str, tuple[Parameter, ...]] = {
    **{name: block.parameters for name, block in BLOCKS.items()},
    "training": TRAINING_PARAMETERS,
    "augmentation": AUGMENTATION,
}
PARAMETERS = [
    pytest.param(parameter, id=f"{owner}.{parameter.name}")
    for owner, parameters in OWNERS.items()
    for parameter in parameters
]


def public(nodes: Iterable[ast.stmt]) -> Iterable[ast.FunctionDef | ast.ClassDef]:
    """Functions and classes without a leading underscore."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def test_every_module_says_what_it_is(modules: dict[str, ast.Module]) -> None:
    silent = [
        path for path, module in modules.items() if module.body and not ast.get_docstring(module)
    ]
    assert silent == []


def test_every_public_function_and_class_has_a_docstring(modules: dict[str, ast.Module]) -> None:
    silent = [
        f"{path}:{node.name}"
        for path, module in modules.items()
        for node in public(module.body)
        if not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_setting_teaches_what_it_does(parameter: Parameter) -> None:
    assert parameter.title
    assert len(parameter.help.split()) >= 4, "one or two sentences"
    assert parameter.help.rstrip().endswith("."), "a whole sentence"
    assert parameter.name == parameter.name.lower()


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_defaults_and_suggestions_are_valid(parameter: Parameter) -> None:
    for value in (parameter.default, *parameter.search):
        assert check(parameter, value) == value


@pytest.mark.parametrize("owner", OWNERS)
def test_conditions_name_settings_beside_them(owner: str) -> None:
    names = [item.name for item in OWNERS[owner]]
    assert len(names) == len(set(names))
    assert [
        item.name for item in OWNERS[owner] if item.show_if and item.show_if[0] not in names
    ] == []


def test_blocks_presets_and_targets_are_described() -> None:
    assert all(block.title and len(block.description.split()) >= 8 for block in BLOCKS.values())
    assert all(preset.title and preset.help.endswith(".") for preset in PRESETS)
    assert all(item.title for item in targets().values())
