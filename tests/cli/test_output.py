"""Numbers as people read them, and tables that fit the screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinsmith.cli.inspect_ import duration
from tinsmith.cli.options import next_step
from tinsmith.cli.output import bar, count, kilobytes, percent
from tinsmith.cli.test import _print_confusion
from tinsmith.learning.metrics import classification


def test_numbers_are_readable() -> None:
    assert percent(0.8734) == "87.3 %"
    assert kilobytes(12345) == "12.3 kB"
    assert count(1234567) == "1,234,567"
    assert percent(None) == kilobytes(None) == count(None) == "–"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"),
        (62.5, "0.0625 s"),
        (2500, "2.5 s"),
        (125_000, "2 min 05 s"),
        (11_220_000, "3 h 07 min"),
    ],
)
def test_durations_are_readable(milliseconds: float, text: str) -> None:
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("share", "drawn"), [(0.0, ""), (1.0, "████"), (0.5, "██"), (0.28, "█▏"), (7.0, "████")]
)
def test_bars_are_drawn_to_an_eighth_of_a_cell(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_the_next_step_names_the_project_as_the_user_did() -> None:
    assert next_step(Path(), "train") == "Next: tinsmith train"
    assert next_step(Path("a/b"), "profile", "deploy") == (
        "Next: tinsmith profile -p a/b, tinsmith deploy -p a/b"
    )


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize(("classes", "length"), [(2, 4), (7, 19), (12, 30), (35, 8)])
def test_a_confusion_matrix_fits_the_screen(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    classes: int,
    length: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    chance = np.random.default_rng(1)
    truth = np.arange(10 * classes) % classes
    scores = np.eye(classes)[truth] + chance.random((len(truth), classes))
    names = tuple(f"{index}".rjust(length, "n") for index in range(classes))
    _print_confusion(classification(truth, scores, names), "int8")
    shown = capsys.readouterr().out
    assert all(len(line.rstrip()) <= width for line in shown.splitlines())
    assert "…" not in shown
    for name in names:
        assert name in shown
    assert "recall" in shown
