"""Every real and every damaged file: imported right, or refused with a message. Never a crash."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import InputError
from tinsmith.signals import Decoded, DecodeOptions, Image, Sensor, Signal, decode

MAX_SECONDS = 5.0
MAX_GROWTH_KIB = 700 * 1024

# Format zoo: file (or folder/) -> shape, and interval in ms for signals.
READ: dict[str, tuple[tuple[int, ...], float | None]] = {
    "acquisition/good.01.csv": ((6, 3), 16),
    "acquisition/good.02.txt": ((1, 3), 0),
    "acquisition/wave.01.cbor": ((4, 3), 10),
    "acquisition/wave.01.json": ((4, 3), 10),
    "audio/keyword48k_how_are_you_howAreYou_2020-06-28T01_54_02.436Z.wav": ((48000, 1), 1 / 48),
    "audio/keyword48k_how_are_you_howAreYou_2020-06-28T01_54_05.173Z.wav": ((48000, 1), 1 / 48),
    "audio/librispeech_237-134500-0001.flac": ((28960, 1), 1 / 16),
    "audio/librispeech_237-134500-0001.ogg": ((28960, 1), 1 / 16),
    "audio/librispeech_237-134500-0001.wav": ((28960, 1), 1 / 16),
    "audio/scipy_test-1234Hz-le-1ch-10S-20bit-extra.wav": ((10, 1), 1000 / 1234),
    "audio/scipy_test-44100Hz-2ch-32bit-float-le.wav": ((441, 2), 1000 / 44100),
    "audio/scipy_test-44100Hz-le-1ch-4bytes-rf64.wav": ((4410, 1), 1000 / 44100),
    "audio/scipy_test-48000Hz-2ch-64bit-float-le-wavex.wav": ((480, 2), 1 / 48),
    "audio/scipy_test-8000Hz-le-1ch-1byte-ulaw.wav": ((9, 1), 1 / 8),
    "audio/scipy_test-8000Hz-le-3ch-5S-24bit.wav": ((5, 3), 1 / 8),
    "audio/scipy_test-8000Hz-le-4ch-9S-12bit.wav": ((9, 4), 1 / 8),
    "audio/tflm_no_1000ms.wav": ((16000, 1), 1 / 16),
    "audio/tflm_noise_1000ms.wav": ((16000, 1), 1 / 16),
    "audio/tflm_silence_1000ms.wav": ((16000, 1), 1 / 16),
    "audio/tflm_yes_1000ms.wav": ((16000, 1), 1 / 16),
    "audio/tflm_yes_30ms.wav": ((480, 1), 1 / 16),
    "audio/tinytag_16bit_pcm.wav": ((800, 2), 1 / 8),
    "audio/tinytag_24bit_pcm_extended.wav": ((1024, 2), 1 / 8),
    "audio/tinytag_32bit_pcm.wav": ((800, 2), 1 / 8),
    "audio/tinytag_8khz_5s.opus": ((40000, 1), 1 / 8),
    "audio/tinytag_flac1.5sStereo.flac": ((66129, 2), 1000 / 44100),
    "audio/tinytag_test.opus": ((47688, 2), 1 / 48),
    "audio/tinytag_test3sMono.wav": ((132300, 1), 1000 / 44100),
    "audio/tinytag_vbr44.mp3": ((398664, 1), 1000 / 44100),
    "audio/tinytag_vbr8.mp3": ((72320, 1), 1 / 8),
    "audio/tinytag_wav_with_image.wav": ((17157, 1), 1 / 8),
    "csv/spectrum_simple_crlf.csv": ((1, 3), 0),
    "images/bmp_g_pal8w125.bmp": ((62, 125, 3), None),
    "images/bmp_g_": ((64, 127, 3), None),
    "images/hopper.": ((128, 128, 3), None),
    "images/hopper_orientation_": ((128, 128, 3), None),
    "images/pil_sample_cmyk.jpg": ((100, 100, 3), None),
    "images/png_modes/": ((100, 29, 3), None),
    "parquet/room_occupancy_2000rows_": ((2000, 6), 60_000),
    "labels/dataset/t": ((96, 96, 3), None),
    "labels/object_detection/1.png": ((320, 320, 3), None),
    "labels/object_detection/51.png": ((320, 320, 3), None),
}
# What may be refused: tables of text, cut copies, exotic codecs and pictures, video, archives.
REFUSED = (
    "acquisition/air_quality_no2_long.csv",
    "acquisition/metadata.csv",
    "audio/tinytag_alac_file.m4a",
    "audio/tinytag_gsm_6_10.wav",
    "audio/tinytag_test.m4a",
    "audio/tinytag_variable-block.flac",
    "csv/spectrum_",
    "images/16_bit_noise.tif",
    "images/heic/",
    "images/hopper.ico",
    "images/hopper.tif",
    "labels/dataset/README.txt",
    "labels/dataset/info.labels",
    "labels/object_detection/bounding_boxes.labels",
    "parquet/",
    "video/",
    "MANIFEST.csv",
    "README.md",
)
QUESTIONABLE = "images/bmp_q_"  # readable or refused, and (64, 127) where read


def files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def attempt(path: Path, options: DecodeOptions | None = None) -> Decoded | InputError:
    """Decodes within the limits of time and memory; any other exception fails the test."""
    raw = path.read_bytes()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        result: Decoded | InputError = decode(raw, path.name, options or DecodeOptions())
    except InputError as error:
        result = error
    assert time.perf_counter() - start < MAX_SECONDS, path
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_GROWTH_KIB, path
    if isinstance(result, InputError):
        assert result.path == path.name
        assert result.message
    return result


def check_sound(decoded: Decoded, path: Path) -> None:
    """What holds for everything that is imported."""
    content = decoded.content
    if isinstance(content, Image):
        assert content.pixels.dtype == np.uint8, path
        assert content.pixels.ndim == 3, path
        assert content.pixels.shape[2] == 3, path
        return
    assert content.values.dtype == np.float32, path
    assert content.values.shape == (content.frames, len(content.sensors)), path
    assert content.frames > 0, path
    assert np.isfinite(content.values).all(), path
    assert content.interval_ms > 0 or content.frames == 1, path


def expectation(name: str) -> tuple[tuple[int, ...], float | None] | None:
    if name in READ:
        return READ[name]
    return next((READ[key] for key in READ if name.startswith(key)), None)


def test_format_zoo_is_read_as_expected_or_refused(shared_data: Path) -> None:
    root = shared_data / "format-zoo"
    seen = set()
    for path in files(root):
        name = path.relative_to(root).as_posix()
        result = attempt(path)
        expected = None if name in REFUSED else expectation(name)
        if isinstance(result, InputError):
            may_refuse = name.startswith((*REFUSED, QUESTIONABLE))
            assert may_refuse, f"{name}: {result}"
            continue
        check_sound(result, path)
        if expected is None:
            assert name.startswith(QUESTIONABLE), name
            expected = ((64, 127, 3), None)
        content = result.content
        seen.add(name)
        if isinstance(content, Signal):
            assert content.values.shape == expected[0], name
            assert content.interval_ms == pytest.approx(expected[1], rel=1e-9), name
        else:
            assert content.pixels.shape == expected[0], name
    assert len(seen) >= 68


def read(path: Path, options: DecodeOptions | None = None) -> Decoded:
    return decode(path.read_bytes(), path.name, options or DecodeOptions())


def values(path: Path) -> Any:
    content = read(path).content
    assert isinstance(content, Signal)
    return content.values


def test_one_utterance_is_the_same_in_three_formats(shared_data: Path) -> None:
    stem = shared_data / "format-zoo" / "audio" / "librispeech_237-134500-0001"
    wav, flac, ogg = (values(stem.with_suffix(suffix)) for suffix in (".wav", ".flac", ".ogg"))
    np.testing.assert_array_equal(wav, flac)
    assert np.corrcoef(wav[:, 0], ogg[:, 0])[0, 1] > 0.98


def test_one_gesture_is_the_same_kind_in_json_and_cbor(shared_data: Path) -> None:
    folder = shared_data / "format-zoo" / "acquisition"
    decoded = read(folder / "wave.01.json")
    assert decoded.metadata["device_name"] == "ac:87:a3:0a:2d:1b"
    assert values(folder / "wave.01.json")[0].tolist() == pytest.approx([-9.81, 0.03, 1.21])
    assert values(folder / "wave.01.cbor")[-1, -1] == np.float32(1.25)


def test_pictures_of_one_face_look_alike(shared_data: Path) -> None:
    folder = shared_data / "format-zoo" / "images"
    reference = read(folder / "hopper.png").content
    assert isinstance(reference, Image)
    names = [f"hopper.{suffix}" for suffix in ("bmp", "ppm", "jpg", "webp", "gif")]
    names += [f"hopper_orientation_{number}.jpg" for number in (2, 4, 6, 8)]
    for name in names:
        content = read(folder / name).content
        assert isinstance(content, Image)
        difference = np.abs(content.pixels.astype(int) - reference.pixels).mean()
        assert difference < 12, name


def test_bitmaps_of_one_test_picture_look_alike(shared_data: Path) -> None:
    folder = shared_data / "format-zoo" / "images"
    reference = read(folder / "bmp_g_rgb24pal.bmp").content
    assert isinstance(reference, Image)
    for path in sorted(folder.glob("bmp_*")):
        result = attempt(path)
        few_colours = any(part in path.name for part in ("pal1", "pal4", "w125", "rgba", "231"))
        if isinstance(result, InputError) or few_colours:
            continue
        assert isinstance(result.content, Image)
        difference = np.abs(result.content.pixels.astype(int) - reference.pixels).mean()
        assert difference < 20, path.name


@pytest.mark.parametrize(
    "kind", ["archives", "audio", "cbor", "csv", "images", "json", "models", "parquet", "video"]
)
def test_malformed_files_are_read_or_refused(shared_data: Path, kind: str) -> None:
    count = 0
    for path in files(shared_data / "malformed" / kind):
        for options in (DecodeOptions(), DecodeOptions(interval_ms=10, resample_irregular=True)):
            result = attempt(path, options)
            count += 1
            if not isinstance(result, InputError):
                check_sound(result, path)
                assert kind in ("audio", "csv", "images", "parquet"), path
    assert count


def test_no_malformed_sound_or_table_is_read_silently_wrong(shared_data: Path) -> None:
    """The few that may be read are named; the rest is refused."""
    root = shared_data / "malformed"
    readable = {
        "flip_speech_1.wav": (16000, 1),  # bits of samples were flipped: nothing can tell
        "flip_speech_2.wav": (16000, 1),
        "flip_speech_3.wav": (16000, 1),
        "scipy_test-1234Hz-le-1ch-10S-20bit-extra.wav": (10, 1),
        "tinytag_id3_broken_frame_size.mp3": (4410, 1),  # only its tags are broken
        "tinytag_synced_lyrics_invalid.mp3": (4410, 1),
        "gofuzz_csv_f300670b7627a30b.csv": (1, 1),  # an empty line and a 1
    }
    for path in [*files(root / "audio"), *files(root / "csv"), *files(root / "cbor")]:
        result = attempt(path)
        if isinstance(result, InputError):
            assert path.name not in readable, f"{path}: {result}"
            continue
        assert isinstance(result.content, Signal)
        if path.name in readable:
            assert result.content.values.shape == readable[path.name]
        else:
            assert any("cut" in warning for warning in result.warnings), path


def test_decompression_bombs_are_refused(shared_data: Path) -> None:
    for name in ("pillow_decompression_bomb.ico", "pillow_bmp_b_reallybig.bmp"):
        assert isinstance(attempt(shared_data / "malformed" / "images" / name), InputError)


@pytest.mark.parametrize(
    ("folder", "pattern", "options", "count"),
    [
        ("motion-gestures-cbor", "*/*.cbor", {}, 26),
        ("coffee-machine-events", "t*/*.json", {}, 7),
        ("har-smartphone", "csv/*.csv", {}, 240),
        ("fan-vibration", "*/*.csv", {"interval_ms": 5}, 560),
        ("magic-wand-gestures", "*/*.csv", {"interval_ms": 10}, 10),
        ("smartwatch-exercises", "*.csv", {}, 84),
        ("toast-gas-regression", "*/*.csv", {"label_column": "state"}, 32),
        ("room-occupancy", "*.txt", {"label_column": "Occupancy"}, 3),
        ("pump-loop-skab", "*.csv", {"max_gap_rows": 100}, 9),
        ("nab-sensors", "*.csv", {"max_gap_rows": 2000, "resample_irregular": True}, 5),
        ("heart-ppg-ecg", "ecg*hz.csv", {}, 1),
        ("heart-ppg-ecg", "ppg*.csv", {"interval_ms": 10, "resample_irregular": True}, 3),
        (
            "appliances-energy",
            "*.csv",
            {"time_column": "", "interval_ms": 600_000, "columns": ("T1", "RH_1", "Appliances")},
            1,
        ),
        ("keywords", "*/*.[wf]*", {}, 135),
        ("sound-events", "*/*.ogg", {}, 100),
        ("solar-cells", "*/*.png", {}, 1),
        ("person-detection-96", "*/*.[jpb]*", {}, 1),
        ("clothing-images", "**/*.[jp]*g", {}, 1),
        ("electronic-components", "**/*.[jp]*g", {}, 1),
        ("pcb-defects", "**/*.[jp]*g", {}, 0),
        ("coco-mini-boxes", "**/*.jpg", {}, 0),
        ("blood-cells-voc", "**/*.jpg", {}, 0),
    ],
)
def test_real_recordings_are_read(
    shared_data: Path, folder: str, pattern: str, options: dict[str, Any], count: int
) -> None:
    found = sorted((shared_data / folder).glob(pattern))
    assert len(found) >= count
    for path in found[:: max(1, len(found) // 40)]:
        check_sound(read(path, DecodeOptions(**options)), path)


def test_real_recordings_have_the_documented_rates(shared_data: Path) -> None:
    recordings = {
        "har-smartphone/csv/laying.001.csv": ((128, 6), 20.0),
        "smartwatch-exercises/abduction.s01L.csv": (None, 20.0),
        "motion-gestures-cbor/training/idle.0.cbor": ((621, 3), 16.0),
        "pump-loop-skab/anomaly-free.csv": ((9961, 8), 1000.0),
        "room-occupancy/datatest.txt": ((2665, 6), 60_000.0),
    }
    for name, (shape, interval) in recordings.items():
        content = read(shared_data / name).content
        assert isinstance(content, Signal)
        assert content.interval_ms == interval, name
        assert shape is None or content.values.shape == shape, name


def test_labels_over_time_of_real_recordings(shared_data: Path) -> None:
    path = next((shared_data / "toast-gas-regression").glob("*/room*.csv"))
    decoded = read(path, DecodeOptions(label_column="state"))
    assert [segment.label for segment in decoded.segments] == ["1", "2", "3"]
    assert isinstance(decoded.content, Signal)
    assert decoded.segments[-1].end_index == decoded.content.frames - 1
    assert Sensor("co2", "N/A") in decoded.content.sensors


def test_a_table_without_header_and_time_says_how_to_read_it(shared_data: Path) -> None:
    error = attempt(shared_data / "fan-vibration" / "low" / "low.001.csv")
    assert isinstance(error, InputError)
    assert "200 rows but no time column" in error.message
    assert "interval_ms" in str(error.hint)


def test_text_tables_are_refused_with_the_names_of_their_columns(shared_data: Path) -> None:
    error = attempt(shared_data / "format-zoo" / "csv" / "spectrum_comma_in_quotes.csv")
    assert isinstance(error, InputError)
    assert "'first', 'last', 'address', 'city' hold text" in error.message
