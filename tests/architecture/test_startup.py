"""Starting is fast because heavy packages are imported where they are used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "PIL", "ai_edge_litert", "ai_edge_quantizer", "flatbuffers", "httpx", "jinja2", "matplotlib",
    "numpy", "pywt", "scipy", "sklearn", "soundfile", "tflite_micro", "tomlkit", "torch", "unicorn",
    "wasmtime",
}  # fmt: skip
REPORT = "import json; sys.stderr.write(json.dumps(sorted(sys.modules)))"
STATEMENTS = {
    "import tinsmith": "import sys, tinsmith",
    "tinsmith --help": (
        "import sys, contextlib; sys.argv = ['tinsmith', '--help']\n"
        "from tinsmith.cli import main\n"
        "with contextlib.suppress(SystemExit): main()"
    ),
    "tinsmith train --help": (
        "import sys, contextlib; sys.argv = ['tinsmith', 'train', '--help']\n"
        "from tinsmith.cli import main\n"
        "with contextlib.suppress(SystemExit): main()"
    ),
}
# Layers whose modules must stay light, because most of the program imports them.
LAYERS = ("core", "signals", "datasets", "toolchain", "emulation", "dsp", "compiler", "learning",
          "impulse", "deployment")  # fmt: skip
ALLOWED = {"numpy"}


def imported_by(code: str) -> set[str]:
    """Modules in memory after running `code` in a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(result.stderr.splitlines()[-1]))


@pytest.mark.parametrize("what", STATEMENTS)
def test_starting_imports_nothing_heavy(what: str) -> None:
    assert imported_by(STATEMENTS[what]) & HEAVY == set()


@pytest.mark.slow
def test_importing_every_layer_loads_no_framework() -> None:
    code = "import sys\n" + "\n".join(f"import tinsmith.{name}" for name in LAYERS)
    assert imported_by(code) & HEAVY - ALLOWED == set()


@pytest.mark.slow
def test_a_server_starts_without_what_compiles_and_packages() -> None:
    found = imported_by("import sys, tinsmith.server.app")
    unused = {"tinsmith.compiler", "tinsmith.deployment", "tinsmith.emulation.network"}
    assert found & (HEAVY - ALLOWED | unused) == set()
