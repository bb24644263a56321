"""What the tests of the project's shape look at: its files, parsed once."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> dict[str, ast.Module]:
    """Every module of the package, by its path inside the repository."""
    files = sorted((ROOT / "src").rglob("*.py"))
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in files
    }


@pytest.fixture(scope="session")
def c_files() -> dict[str, list[str]]:
    """Lines of every C and C++ file that ships, by its path inside the repository."""
    files = [path for path in (ROOT / "runtime").rglob("*") if path.suffix in (".c", ".h", ".hpp")]
    files += [path for path in (ROOT / "src").rglob("*") if path.suffix in (".c", ".h", ".hpp")]
    files += list((ROOT / "runtime").rglob("*.cpp"))
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").splitlines()
        for path in sorted(files)
    }


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """`tools/docs.py`, which writes the reference."""
    spec = importlib.util.spec_from_file_location("tinsmith_docs", ROOT / "tools" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def reference(generator: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages it wrote, by their path inside the reference folder."""
    folder = tmp_path_factory.mktemp("reference")
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in generator.write(folder)
    }
