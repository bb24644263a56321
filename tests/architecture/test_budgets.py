"""Sizes: a file one can read in a sitting, a function one can see at once."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

MAX_PYTHON_LINES = 600
MAX_C_LINES = 450
MAX_BODY_LINES = 60
MAX_C_FUNCTION_LINES = 80
# Migrations are lists of statements that a program writes; so are the types of the client.
GENERATED = ("store/migrations/versions", "client/types.py")


def is_generated(path: str) -> bool:
    return any(part in path for part in GENERATED)


def test_python_files_are_short(root: Path) -> None:
    folders = ("src", "tests", "benchmarks", "tools")
    found = [path for folder in folders for path in (root / folder).rglob("*.py")]
    files = [path for path in found if not is_generated(path.as_posix())]
    lengths = {
        str(path.relative_to(root)): len(path.read_text("utf-8").splitlines()) for path in files
    }
    assert {name: count for name, count in lengths.items() if count > MAX_PYTHON_LINES} == {}


def test_c_files_are_short(c_files: dict[str, list[str]]) -> None:
    lengths = {name: len(lines) for name, lines in c_files.items()}
    assert {name: count for name, count in lengths.items() if count > MAX_C_LINES} == {}


@pytest.mark.slow
def test_python_bodies_are_short(modules: dict[str, ast.Module]) -> None:
    long = {
        f"{path}:{node.name}": lines
        for path, module in modules.items()
        if not is_generated(path)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.body[0].lineno + 1) > MAX_BODY_LINES
    }
    assert long == {}


def c_functions(lines: list[str]) -> dict[str, int]:
    """Name -> lines of its body, in a file laid out by clang-format."""
    found: dict[str, int] = {}
    head = 0
    for number, line in enumerate(lines):
        if line and not line[0].isspace() and line[0] not in "#/})":
            head = number
        if line == "}" and lines[head].find("(") > 0:
            name = re.search(r"(\w+)\(", lines[head])
            found[name[1] if name else lines[head]] = number - head + 1
    return found


def test_c_functions_are_short(c_files: dict[str, list[str]]) -> None:
    found = {
        f"{path}:{name}": lines
        for path, text in c_files.items()
        for name, lines in c_functions(text).items()
    }
    assert len(found) > 100, "functions are no longer recognised"
    assert {name: lines for name, lines in found.items() if lines > MAX_C_FUNCTION_LINES} == {}
