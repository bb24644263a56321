"""Imports only point down, and each heavy package has one place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinsmith.compiler.backends import BACKENDS

# Package -> layers that may import it. A new package needs a line here and in
# docs/decisions/0002-dependencies.md.
PLACES: dict[str, set[str] | None] = {
    "ai_edge_litert": {"compiler", "learning"},  # the schema of .tflite, and calibration
    "ai_edge_quantizer": {"learning"},
    "av": {"signals"},
    "flatbuffers": {"learning"},
    "alembic": {"store"},
    "argon2": {"server"},
    "fastapi": {"server"},
    "httpx": {"client"},
    "jinja2": {"cli", "deployment"},
    "markupsafe": {"cli"},  # part of jinja2
    "matplotlib": {"cli", "datasets"},
    "numpy": None,  # anywhere
    "obstore": {"store"},
    "PIL": {"datasets", "signals"},
    "psutil": {"jobs"},
    "pyarrow": {"signals"},
    "pydantic": {"client", "core", "datasets", "deployment", "impulse", "jobs", "server"},
    "pywt": {"dsp"},
    "ray": {"jobs"},
    "rich": {"cli"},
    "scipy": {"datasets", "signals"},
    "sklearn": {"learning"},
    "soundfile": {"signals"},
    "tflite_micro": {"learning"},
    "tomlkit": {"impulse"},
    "sqlalchemy": {"jobs", "server", "store"},
    "starlette": {"server"},  # part of fastapi
    "torch": {"learning"},
    "typer": {"cli"},
    "umap": {"learning"},
    "unicorn": {"emulation"},
    "uvicorn": {"cli"},
    "wasmtime": {"emulation"},
    "yaml": {"datasets"},
    "ziglang": {"toolchain"},
}
# Distributions whose modules have another name.
MODULE_OF = {
    "argon2-cffi": "argon2",
    "pillow": "PIL",
    "pywavelets": "pywt",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "umap-learn": "umap",
}
# Used by another package: the driver that SQLAlchemy finds by URL, the forms of FastAPI.
UNSEEN = {"psycopg", "python_multipart"}
# Parts of other packages.
PARTS = {"markupsafe", "starlette"}


def test_import_contracts_hold(root: Path) -> None:
    program = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run(
        [program, "--no-logo"], cwd=root, check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def imports(module: ast.Module) -> Iterator[str]:
    """Names of packages a module imports, by statement or by name in a string."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            first = node.args[0]
            if called in ("import_module", "require", "find_spec") and isinstance(
                first, ast.Constant
            ):
                yield str(first.value).partition(".")[0]


@pytest.fixture(scope="module")
def users(modules: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Third-party package -> layers that import it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, module in modules.items():
        layer = path.removeprefix("src/tinsmith/").partition("/")[0]
        for name in imports(module):
            if name not in sys.stdlib_module_names and name != "tinsmith":
                found[name].add(layer)
    return found


def test_packages_are_used_where_they_belong(users: dict[str, set[str]]) -> None:
    nowhere: set[str] = set()
    astray = {
        name: layers - places
        for name, layers in users.items()
        if (places := PLACES.get(name, nowhere)) is not None
    }
    assert {name: layers for name, layers in astray.items() if layers} == {}


def test_backends_do_not_know_each_other(modules: dict[str, ast.Module]) -> None:
    folder = "src/tinsmith/compiler/backends/"
    package = "tinsmith.compiler.backends"
    found = [
        f"{path}: {name}"
        for path, module in modules.items()
        if path.startswith(folder) and path != f"{folder}__init__.py"
        for name in imported_from(package, module)
        if backend_of(name) not in (None, backend_of(path.removeprefix(folder)))
    ]
    assert found == []


def imported_from(package: str, module: ast.Module) -> Iterator[str]:
    """Names right below a package that a module imports."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        inside = (name.removeprefix(f"{package}.") for name in names if package in name)
        yield from (name.partition(".")[0] for name in inside)


def backend_of(stem: str) -> str | None:
    """The backend that a module belongs to by its name; None for what several share."""
    return next(
        (name for name in BACKENDS if f"{stem}_".startswith((f"{name}_", f"{name}."))), None
    )


def declared(root: Path) -> set[str]:
    """Distributions in pyproject.toml that users install."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return {re.split(r"[\[>=]", line)[0].strip() for line in lines}


def test_every_dependency_is_imported_and_every_import_declared(
    root: Path, users: dict[str, set[str]]
) -> None:
    modules = {MODULE_OF.get(name, name).replace("-", "_") for name in declared(root)}
    assert modules - UNSEEN == set(users) - PARTS


def test_every_dependency_is_justified(root: Path) -> None:
    text = (root / "docs/decisions/0002-dependencies.md").read_text(encoding="utf-8")
    assert [name for name in sorted(declared(root)) if f"| `{name}` |" not in text] == []


def test_the_c_core_includes_nothing_of_a_c_library(c_files: dict[str, list[str]]) -> None:
    language = {"stddef.h", "stdint.h", "stdbool.h", "limits.h", "float.h"}
    # The compiler's own, for instructions; only in a backend's folder.
    instructions = {"arm_mve.h", "arm_neon.h", "immintrin.h", "wasm_simd128.h"}
    found = [
        f"{path}: {line}"
        for path, lines in c_files.items()
        if path.startswith(("runtime/include/tin/", "runtime/src/"))
        and not path.startswith("runtime/src/port/")
        for line in lines
        if line.startswith("#include <")
        and line[10:].partition(">")[0]
        not in (language | instructions if "/nn/" in path and path.count("/") > 3 else language)
    ]
    assert found == []
