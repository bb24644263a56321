"""Loads the optional packages of the `learn` extra, when they are first needed."""

from __future__ import annotations

import importlib
from typing import Any

from tinsmith.core.errors import MissingPackageError


def require(name: str) -> Any:
    """The module called `name`.

    Raises:
        MissingPackageError: It is not installed, with how to install it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        raise MissingPackageError(
            f"training needs the Python package {package!r}, which is not installed",
            hint='pip install "tinsmith[learn]"',
        ) from error
