"""One noun, the same stem everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinsmith.compiler.operators import OPERATORS
from tinsmith.dsp import BLOCKS

STEMS = sorted(block.stem for block in BLOCKS.values())


@pytest.mark.parametrize("stem", STEMS)
def test_a_block_has_its_four_places(root: Path, reference: dict[str, str], stem: str) -> None:
    places = [
        f"src/tinsmith/dsp/{stem}.py",
        f"runtime/src/dsp/tin_{stem}.c",
        f"runtime/include/tin/{stem}.h",
        f"tests/dsp/test_{stem}.py",
    ]
    assert [place for place in places if not (root / place).is_file()] == []
    assert f"dsp/{stem}.md" in reference


@pytest.mark.parametrize("stem", STEMS)
def test_a_block_declares_the_functions_of_every_block(root: Path, stem: str) -> None:
    header = (root / f"runtime/include/tin/{stem}.h").read_text(encoding="utf-8")
    names = [f"tin_{stem}_{role}(" for role in ("init", "run", "buffer_size", "config_size")]
    assert [name for name in names if name not in header] == []
    assert f"}} tin_{stem}_config;" in header


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_a_block_lists_sources_that_exist(root: Path, name: str) -> None:
    block = BLOCKS[name]
    assert block.name == name
    assert f"dsp/tin_{block.stem}.c" in block.sources
    assert [item for item in block.sources if not (root / "runtime/src" / item).is_file()] == []


def test_every_manifest_is_registered(root: Path) -> None:
    files = (root / "src/tinsmith/dsp").glob("*.py")
    manifests = {file.stem for file in files if "\nBLOCK = Block(" in file.read_text("utf-8")}
    assert manifests == set(STEMS)


def test_every_operator_is_tested(root: Path) -> None:
    folder = root / "tests/compiler"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    assert [name for name in OPERATORS if f'"{name}"' not in text] == []


def test_every_neural_kernel_has_a_header(root: Path) -> None:
    headers = {path.stem for path in (root / "runtime/include/tin/nn").glob("*.h")}
    sources = {path.stem.removeprefix("tin_") for path in (root / "runtime/src/nn").glob("*.c")}
    assert sources - headers - {"model"} == set()
