from __future__ import annotations

import subprocess
import sys

import pytest

from tinsmith.core.errors import MissingPackageError
from tinsmith.learning.packages import require


def test_a_missing_package_says_how_to_install_it() -> None:
    with pytest.raises(MissingPackageError, match="'not_a_package'") as caught:
        require("not_a_package.inner")
    assert caught.value.hint == 'pip install "tinsmith[learn]"'


def test_heavy_packages_load_only_when_used() -> None:
    code = (
        "import sys, tinsmith.learning, tinsmith.learning.training, tinsmith.learning.kmeans,"
        " tinsmith.learning.metrics, tinsmith.learning.interpreter;"
        "print([name for name in ('torch', 'sklearn', 'scipy', 'ai_edge_quantizer',"
        " 'ai_edge_litert', 'tflite_micro') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
