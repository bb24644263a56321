"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets that stands beside the project, or a skip."""
    return _beside("data")


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """The folder of public benchmark models that stands beside the project, or a skip."""
    return _beside("models")


def _beside(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the folder of real {name} is not beside the project")
    return folder
