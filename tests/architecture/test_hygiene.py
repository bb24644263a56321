"""Small things that must not slip in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TEXT = {".py", ".c", ".h", ".hpp", ".cpp", ".md", ".toml", ".txt", ".j2", ".ld", ".yml", ".svg"}
FOLDERS = ("src", "runtime", "tests", "benchmarks", "tools", "docs", "examples", ".ci")
# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "an absolute path": re.compile(r"(?<![\w.])/(?:" + "work|root|home/\\w+|opt/venv" + r")/"),
    "a package index": re.compile("index" + r"[-_]url|--find-links|trusted" + "-host"),
    "a host by number or port": re.compile(r"https?://(?:\d+\.){3}\d+|https?://[\w.-]+:\d+"),
}


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Every text file of the project, by its path."""
    files = [path for path in root.iterdir() if path.suffix in TEXT or path.name == "Makefile"]
    for folder in FOLDERS:
        files += [path for path in (root / folder).rglob("*") if path.suffix in TEXT]
    inside = {path.relative_to(root): path for path in files if path.is_file()}
    return {
        str(name): path.read_text(encoding="utf-8")
        for name, path in sorted(inside.items())
        if "docs/reference" not in name.as_posix()
    }


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_knows_the_machine_it_was_written_on(texts: dict[str, str], what: str) -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in texts.items()
        if name != "tests/architecture/test_hygiene.py"
        for match in FORBIDDEN[what].finditer(text)
    ]
    assert found == []


def test_c_files_begin_with_their_licence_and_a_sentence(c_files: dict[str, list[str]]) -> None:
    wrong = [
        name
        for name, lines in c_files.items()
        if "SPDX-License-Identifier: Apache-2.0" not in lines[0]
        or not lines[1].startswith(("/* ", "// "))
    ]
    assert wrong == []


def narrows_a_type(test: ast.expr) -> bool:
    """`isinstance(...)` or `... is not None`: tells the type checker what is known already."""
    if isinstance(test, ast.Call):
        return isinstance(test.func, ast.Name) and test.func.id == "isinstance"
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot)


def test_nothing_is_checked_by_assert(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, module in modules.items()
        for node in ast.walk(module)
        if isinstance(node, ast.Assert) and not narrows_a_type(node.test)
    ]
    assert found == []


def test_the_c_core_has_no_heap_and_no_files(c_files: dict[str, list[str]]) -> None:
    calls = re.compile(r"\b(?:malloc|calloc|realloc|free|printf|fopen|exit|abort|assert)\(")
    found = [
        f"{path}:{number}"
        for path, lines in c_files.items()
        if path.startswith("runtime/src/") and not path.startswith("runtime/src/port/")
        for number, line in enumerate(lines, 1)
        if calls.search(line)
    ]
    assert found == []


def test_lines_end_cleanly(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if text and not text.endswith("\n")] == []
    assert [name for name, text in texts.items() if "\r" in text] == []
    spaced = {name: text for name, text in texts.items() if "Makefile" not in name}
    assert [name for name, text in spaced.items() if "\t" in text] == []
