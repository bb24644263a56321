"""Samples as files."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tinsmith.core.errors import DatasetError, DesignError, UnsupportedError
from tinsmith.datasets import Sample, sample_from_signal
from tinsmith.datasets.crop import crop
from tinsmith.datasets.export import export, to_csv, to_wav
from tinsmith.datasets.folder import read_folder
from tinsmith.signals import Image, Sensor, Signal, decode

_AUDIO = (Sensor("audio", "wav"),)
_MOTION = (Sensor("x", "m/s2"), Sensor("y", "m/s2"), Sensor("z", "m/s2"))


def _audio(values: npt.ArrayLike, rate_hz: float = 16_000) -> Signal:
    return Signal(np.asarray(values, np.float32)[:, None], 1000 / rate_hz, _AUDIO)


def _back(data: bytes, name: str) -> Signal:
    decoded = decode(data, name)
    assert decoded.warnings == ()
    assert isinstance(decoded.content, Signal)
    return decoded.content


def test_sound_of_whole_numbers_is_written_with_16_bits() -> None:
    signal = _audio([-32768, 0, 1, 32767])
    data = to_wav(signal)
    assert data[20:22] == b"\x01\x00"
    assert data[34:36] == b"\x10\x00"
    np.testing.assert_array_equal(_back(data, "a.wav").values, signal.values)


@pytest.mark.parametrize("values", [[0.25, -3.5, 100.0], [32767.5, 0.0], [-1.0, 0.1]])
def test_other_sound_is_written_as_float_and_reads_back_the_same(values: list[float]) -> None:
    signal = _audio(values)
    data = to_wav(signal)
    assert data[20:22] == b"\x03\x00"
    np.testing.assert_array_equal(_back(data, "a.wav").values, signal.values)


def test_other_sensors_keep_their_unit_and_become_channels() -> None:
    import soundfile

    values = np.random.default_rng(0).normal(0, 9, (50, 3)).astype(np.float32)
    data = to_wav(Signal(values, 10.0, _MOTION))
    read, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate == 100
    np.testing.assert_array_equal(read, values)


def test_a_rate_that_is_not_whole_goes_to_the_nearest_and_any_rate_can_be_asked_for() -> None:
    time = np.arange(625) * 16.0
    signal = Signal(np.sin(time / 500)[:, None].astype(np.float32), 16.0, _MOTION[:1])
    found = decode(to_wav(signal), "a.wav").content
    assert isinstance(found, Signal)
    assert found.frequency_hz == pytest.approx(62)
    assert found.duration_ms == pytest.approx(10_000, abs=16)
    sound = _audio(np.round(3000 * np.sin(np.arange(16_000) * 0.1)))
    half = _back(to_wav(sound, 8000), "a.wav")
    assert (half.frames, half.frequency_hz) == (8000, 8000)
    np.testing.assert_allclose(half.values[500:-500], sound.values[1000:-1000:2], atol=5)


def test_what_wav_cannot_hold_is_refused() -> None:
    slow = Signal(np.ones((5, 1), np.float32), 60_000.0, _MOTION[:1])
    with pytest.raises(UnsupportedError, match="at least 1 Hz"):
        to_wav(slow)
    with pytest.raises(UnsupportedError, match="has 0"):
        to_wav(Signal(np.ones((1, 1), np.float32), 0.0, _MOTION[:1]))


def test_csv_is_what_people_expect() -> None:
    signal = Signal(np.array([[1, 0.1], [-2, 1e-7], [0, 3]], np.float32), 0.1, _MOTION[:2])
    assert to_csv(signal) == b"timestamp_ms,x,y\n0.0,1,0.1\n0.1,-2,1e-07\n0.2,0,3.0\n"
    slow = Signal(signal.values[:, :1], 62.5, _MOTION[:1])
    assert to_csv(slow) == b"timestamp,x\n0.0,1\n62.5,-2\n125.0,0\n"
    row = Signal(np.array([[1.5, 2]], np.float32), 0.0, (Sensor('a "b"', ""), Sensor("c,d", "")))
    assert to_csv(row) == b'"a ""b""","c,d"\n1.5,2\n'


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(2, 40), st.integers(1, 3)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    ),
    st.sampled_from([1000 / 44_100, 1 / 16, 0.1, 1000 / 3, 10.0, 16.0, 62.5, 1e5]),
)  # fmt: skip
def test_csv_reads_back_to_the_same_values(
    values: npt.NDArray[np.float32], interval_ms: float
) -> None:
    signal = Signal(values, interval_ms, _MOTION[: values.shape[1]])
    back = decode(to_csv(signal), "a.csv").content
    assert isinstance(back, Signal)
    np.testing.assert_array_equal(back.values, values)
    assert back.interval_ms == pytest.approx(interval_ms, rel=1e-4)
    assert [sensor.name for sensor in back.sensors] == [s.name for s in signal.sensors]


def test_long_csv_goes_on_where_a_chunk_ends() -> None:
    signal = _audio(np.arange(70_000) % 1000 + 0.5, 1000)
    back = _back(to_csv(signal), "a.csv")
    np.testing.assert_array_equal(back.values, signal.values)


def test_the_original_is_whole_and_what_is_kept_follows_the_crop(write_csv, tmp_path) -> None:
    path = write_csv(tmp_path / "in" / "knock.1.csv")
    (sample,) = read_folder(tmp_path / "in").samples
    cropped = crop(sample, 3, 8)
    for form in ("original", "kept"):
        exported = export(sample, form)
        assert (exported.name, exported.media_type) == ("knock.1.csv", "text/csv")
        assert exported.data == path.read_bytes()
    assert export(cropped, "original").data == path.read_bytes()
    kept = export(cropped, "kept")
    assert kept.name == "knock.1.cbor"
    for exported in (kept, export(cropped, "csv")):
        np.testing.assert_array_equal(
            _back(exported.data, exported.name).values, cropped.load_signal().values
        )


def _sound(name: str = "a/b", label: str = "yes") -> Sample:
    return sample_from_signal(_audio(np.arange(100)), name=name, label=label)


def test_cropped_sound_stays_sound_and_made_samples_have_an_original_too() -> None:
    cropped = crop(_sound(), 10, 20)
    kept = export(cropped, "kept")
    assert (kept.name, kept.media_type) == ("a_b.wav", "audio/wav")
    assert _back(kept.data, kept.name).frames == 10
    whole = export(cropped, "original")
    assert _back(whole.data, whole.name).frames == 100
    picture = sample_from_signal(Image(np.zeros((2, 3, 3), np.uint8)), name="p")
    assert export(picture, "original").data[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("one", "yes", "yes.one.wav"), ("yes.one", "yes", "yes.one.wav"), ("yes", "yes", "yes.wav"),
        ("one", "", "one.wav"), ("../x", "", "_x.wav"), ("...", "", "sample.wav"),
        ("../x", "a/b", "a_b..._x.wav"),
    ],
)  # fmt: skip
def test_names_can_begin_with_the_label(name: str, label: str, expected: str) -> None:
    assert export(_sound(name, label), "wav", label_first=True).name == expected


def test_pictures_are_no_sound_and_other_forms_do_not_exist() -> None:
    picture = sample_from_signal(Image(np.zeros((2, 3, 3), np.uint8)), name="p")
    for form in ("wav", "csv"):
        with pytest.raises(DatasetError, match="is a picture"):
            export(picture, form)
    with pytest.raises(DesignError, match="expected one of original"):
        export(picture, "mp3")  # type: ignore[arg-type]
