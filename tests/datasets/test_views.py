"""What is seen of a sample."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image as Picture

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.views import FLOOR_DB, outline, outline_svg, spectrogram, thumbnail
from tinsmith.signals import Image, Sensor, Signal


def _tone(hz: float, *, rate_hz: int = 16_000, seconds: float = 1, amplitude: float = 1) -> Signal:
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    values = amplitude * np.sin(2 * np.pi * hz * time)
    return Signal(values[:, None].astype(np.float32), 1000 / rate_hz, (Sensor("a", "g"),))


@pytest.mark.parametrize(("amplitude", "level"), [(1.0, 0.0), (10.0, 20.0), (0.5, -6.02)])
def test_a_tone_stands_in_its_bin_at_its_level(amplitude: float, level: float) -> None:
    view = spectrogram(_tone(1000, amplitude=amplitude))
    assert view.bin_hz == 16_000 / 512
    assert (view.levels_db.argmax(axis=1) == 1000 / view.bin_hz).all()
    np.testing.assert_allclose(view.levels_db.max(axis=1), level, atol=0.01)


def test_sound_of_full_scale_is_at_zero_decibels() -> None:
    tone = _tone(2000, amplitude=32768)
    sound = Signal(tone.values, tone.interval_ms, (Sensor("audio", "wav"),))
    np.testing.assert_allclose(spectrogram(sound).levels_db.max(axis=1), 0, atol=0.01)


def test_powers_of_a_column_agree_with_a_plain_transform() -> None:
    values = np.random.default_rng(0).normal(size=(256, 2)).astype(np.float32)
    signal = Signal(values, 1.0, (Sensor("a", "g"), Sensor("b", "g")))
    view = spectrogram(signal, 1, start=64, end=192, window_frames=128)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(128) / 128)
    expected = np.abs(np.fft.rfft(values[64:192, 1] * window)) * 2 / window.sum()
    expected[[0, -1]] /= 2
    np.testing.assert_allclose(view.levels_db[0], 20 * np.log10(expected), atol=1e-3)
    assert view.levels_db.shape == (1, 65)
    assert view.start_ms == 64


def test_columns_lie_where_the_sound_is_however_few_they_are() -> None:
    signal = _tone(1000, seconds=60)
    values = signal.values.copy()
    values[: 30 * 16_000] = 0
    for columns in (10, 100, 1000, 5000):
        view = spectrogram(Signal(values, signal.interval_ms, signal.sensors), columns=columns)
        assert columns / 2 < len(view.levels_db) <= columns
        times = view.start_ms + np.arange(len(view.levels_db)) * view.step_ms
        loud = view.levels_db.max(axis=1) > -20
        assert times[loud].min() == pytest.approx(30_000, abs=view.step_ms + 32)
        assert not loud[times < 30_000 - view.step_ms - 32].any()
    silent = spectrogram(Signal(values[:16_000], signal.interval_ms, signal.sensors))
    assert (silent.levels_db == FLOOR_DB).all()


def test_short_and_slow_recordings_have_a_spectrogram_too() -> None:
    slow = _tone(5, rate_hz=50, seconds=10)
    view = spectrogram(slow)
    assert view.levels_db.shape[1] == 33
    assert view.levels_db.mean(axis=0).argmax() * view.bin_hz == pytest.approx(5, abs=view.bin_hz)
    one = spectrogram(_tone(5, rate_hz=50, seconds=0.1))
    assert one.levels_db.shape == (1, 33)


def test_what_is_not_there_has_no_spectrogram() -> None:
    signal = _tone(5, rate_hz=50)
    for wrong in ({"axis": 1}, {"start": 50}, {"start": 10, "end": 10}, {"axis": -1}):
        with pytest.raises(DatasetError, match="expected a part of it"):
            spectrogram(signal, **wrong)
    features = Signal(np.ones((1, 1), np.float32), 0.0, (Sensor("a", ""),))
    with pytest.raises(DatasetError, match="0 ms apart"):
        spectrogram(features)
    for wrong in ({"columns": 0}, {"window_frames": 1}):
        with pytest.raises(DesignError, match="at least 1 and 2"):
            spectrogram(signal, **wrong)


@pytest.mark.parametrize(
    ("size", "wanted"), [((400, 300), (100, 75)), ((30, 900), (3, 100)), ((20, 10), (20, 10))]
)
def test_thumbnails_keep_proportions_and_are_never_enlarged(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, : size[0] // 2] = (200, 30, 30)
    data = thumbnail(Image(pixels), 100, 100)
    with Picture.open(io.BytesIO(data)) as picture:
        assert picture.format == "WEBP"
        assert picture.size == wanted
        colour = np.asarray(picture.convert("RGB"), float)
    assert colour[0, 0, 0] - colour[0, -1, 0] > 100
    assert data == thumbnail(Image(pixels), 100, 100)


def test_an_outline_holds_every_extreme() -> None:
    values = np.random.default_rng(0).normal(size=(1003, 2)).astype(np.float32)
    signal = Signal(values, 1.0, (Sensor("a", "g"), Sensor("b", "g")))
    shape = outline(signal, 100)
    assert shape.minimum.shape == shape.maximum.shape == (100, 2)
    np.testing.assert_array_equal(shape.minimum.min(axis=0), values.min(axis=0))
    np.testing.assert_array_equal(shape.maximum.max(axis=0), values.max(axis=0))
    np.testing.assert_array_equal(shape.maximum[0], values[:10].max(axis=0))
    every = outline(signal, 5000)
    np.testing.assert_array_equal(every.minimum, values)
    with pytest.raises(DesignError, match="at least 1"):
        outline(signal, 0)


def _heights(svg: bytes) -> list[list[float]]:
    """The heights of the points of each band; the drawing must be well-formed."""
    root = ElementTree.fromstring(svg)
    paths = root.findall("{http://www.w3.org/2000/svg}path")
    return [[float(y) for y in re.findall(r" ([\d.-]+)", path.attrib["d"])] for path in paths]


@pytest.mark.parametrize(("units", "shared"), [(("g", "g"), True), (("g", "deg/s"), False)])
def test_a_drawing_fills_its_height_and_axes_of_one_unit_share_a_scale(
    units: tuple[str, str], shared: bool
) -> None:
    values = np.random.default_rng(1).uniform(-1, 1, (5000, 2)).astype(np.float32) * [1, 100]
    signal = Signal(values.astype(np.float32), 1.0, tuple(Sensor(u, u) for u in units))
    svg = outline_svg(signal, 160, 48)
    small, large = _heights(svg)
    assert (min(large), max(large)) == (0, 48)
    assert (max(small) - min(small) < 2) is shared
    assert len(svg) < 12_000


def test_a_constant_and_a_single_row_can_be_drawn() -> None:
    for frames in (1, 500):
        flat = Signal(np.full((frames, 1), 7, np.float32), 1.0, (Sensor("a", "g"),))
        assert set(_heights(outline_svg(flat))[0]) == {24.0}


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (5000, 10)])
def test_sizes_without_sense_are_refused(width: int, height: int) -> None:
    picture = Image(np.zeros((5, 5, 3), np.uint8))
    signal = Signal(np.zeros((5, 1), np.float32), 1.0, (Sensor("a", "g"),))
    with pytest.raises(DesignError, match="sides of 1 to 4096"):
        thumbnail(picture, width, height)
    with pytest.raises(DesignError, match="sides of 1 to 4096"):
        outline_svg(signal, width, height)
    with pytest.raises(DesignError, match="quality"):
        thumbnail(picture, 10, 10, quality=101)
