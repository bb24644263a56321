"""Recordings and pictures drawn with characters."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.cli.drawing import draw_image, draw_legend, draw_signal
from tinsmith.signals import Image, Sensor, Signal


def signal(values: object, axes: int = 1) -> Signal:
    array = np.asarray(values, np.float32).reshape(-1, axes)
    return Signal(array, 10.0, tuple(Sensor(f"a{index}", "") for index in range(axes)))


def test_a_rise_runs_from_the_lower_left_to_the_upper_right() -> None:
    lines = draw_signal(signal(range(64)), 8, 4).plain.splitlines()
    assert [len(line) for line in lines] == [8] * 4
    assert lines[0].strip("\u2800")[-1] == lines[0][-1]
    assert lines[0][:5] == "\u2800" * 5
    assert lines[3][0] != "\u2800"
    assert lines[3][3:] == "\u2800" * 5


@pytest.mark.parametrize("count", [1, 2, 7, 16, 10_000])
def test_any_length_fills_the_width(count: int) -> None:
    drawn = draw_signal(signal(np.sin(np.arange(count))), 8, 3)
    assert [len(line) for line in drawn.plain.splitlines()] == [8] * 3


def test_a_constant_is_a_line_in_the_middle() -> None:
    lines = draw_signal(signal(np.full(50, 9.81)), 6, 3).plain.splitlines()
    assert lines[0] == lines[2] == "\u2800" * 6
    assert "\u2800" not in lines[1]


def test_axes_have_their_own_colours_and_names() -> None:
    two = signal([[0, 10]] * 20, axes=2)
    drawn = draw_signal(two, 5, 4)
    assert {str(span.style) for span in drawn.spans} >= {"blue", "yellow"}
    assert draw_legend(two).plain == "a0 a1 "
    many = signal(np.zeros((3, 9)), axes=9)
    assert draw_legend(many).plain.endswith("and 3 more not drawn")


def test_a_picture_keeps_its_colours_and_its_shape() -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:10] = (255, 0, 0)
    pixels[10:] = (0, 0, 255)
    drawn = draw_image(Image(pixels), 20)
    lines = drawn.plain.splitlines()
    assert [len(line) for line in lines] == [20] * 5
    styles = [str(span.style) for span in drawn.spans]
    assert styles[0] == "rgb(255,0,0) on rgb(255,0,0)"
    assert styles[-1] == "rgb(0,0,255) on rgb(0,0,255)"


def test_a_tiny_picture_is_not_blown_up() -> None:
    drawn = draw_image(Image(np.zeros((1, 3, 3), np.uint8)), 40)
    assert drawn.plain == "▀▀▀\n"
