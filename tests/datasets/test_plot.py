"""Pictures of data sets."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import Dataset, sample_from_signal
from tinsmith.datasets.plot import plot_classes, plot_samples
from tinsmith.datasets.summary import summarise
from tinsmith.signals import Image, Segment


def _pixels(png: bytes) -> np.ndarray:
    from PIL import Image as Picture

    return np.asarray(Picture.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "paper"), [("light", 255), ("dark", 18)])
def test_samples_are_drawn_on_the_theme_s_paper(make_sample, theme, paper: int) -> None:
    picture = sample_from_signal(Image(np.zeros((9, 9, 3), np.uint8)), name="$x_", label="$y_")
    samples = [
        make_sample("a", "idle"),
        make_sample("b", "walk", frames=9000, offset=1),
        make_sample("c", "", segments=(Segment(0, 9, "on"),)),
        make_sample("d", "row", frames=1, interval_ms=0),
        picture,
    ]
    pixels = _pixels(plot_samples(samples, theme=theme))
    assert pixels[0, 0, 0] == paper
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20


def test_classes_are_drawn(make_sample) -> None:
    samples = [
        make_sample("a", "idle").with_(category="training"),
        make_sample("b", "walk").with_(category="testing"),
        make_sample("c", "a label that is far too long to be drawn in one piece"),
    ]
    summary = summarise(Dataset(tuple(samples)))
    png = plot_classes(summary)
    assert png == plot_classes(summary)
    assert _pixels(png).shape[1] == 960


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(DatasetError, match="no samples"):
        plot_samples([])
    with pytest.raises(DatasetError, match="no labelled"):
        plot_classes(summarise(Dataset(())))
