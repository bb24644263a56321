"""Videos become pictures at the rate asked for, or are refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError, TinsmithError, UnsupportedError
from tinsmith.signals.video import VideoOptions, is_video, read_frames, read_sound

av = pytest.importorskip("av")
CODECS = {"mp4": "mpeg4", "mov": "mpeg4", "avi": "mjpeg", "mkv": "ffv1", "webm": "libvpx"}


def film(extension: str, *, rate: int = 10, count: int = 20, sound: bool = False) -> bytes:
    """Picture n is grey of brightness 10 n; the sound is a tone of 8 kHz samples."""
    buffer = io.BytesIO()
    names = {"mkv": "matroska"}
    with av.open(buffer, "w", format=names.get(extension, extension)) as container:
        stream = container.add_stream(CODECS[extension], rate=rate)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if CODECS[extension] == "mjpeg" else "yuv420p"
        track = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound else None
        for number in range(count):
            picture = np.full((48, 64, 3), 10 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
        if track is not None:
            tone = np.round(8000 * np.sin(np.arange(16_000) / 3)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return buffer.getvalue()


def brightness(data: bytes, rate_hz: float) -> list[int]:
    frames = read_frames(data, "film", VideoOptions(rate_hz=rate_hz))
    return [round(float(frame.image.pixels.mean()) / 10) for frame in frames]


@pytest.mark.parametrize("extension", CODECS)
def test_each_container_gives_the_pictures_shown_at_each_moment(extension: str) -> None:
    data = film(extension)
    assert is_video(f"a.{extension}", data[:64])
    assert brightness(data, 1.0) == [0, 10]
    assert brightness(data, 5.0) == list(range(0, 20, 2))
    assert brightness(data, 10.0) == list(range(20))


def test_a_rate_above_the_videos_own_takes_each_picture_once() -> None:
    assert brightness(film("mkv"), 100.0) == list(range(20))


def test_a_rate_that_does_not_divide_takes_what_is_shown_then() -> None:
    assert brightness(film("mkv"), 3.0) == [0, 3, 6, 10, 13, 16]
    times = [frame.time_s for frame in read_frames(film("mkv"), "a", VideoOptions(rate_hz=3.0))]
    assert times == pytest.approx([number / 3 for number in range(6)])


def test_the_same_video_gives_the_same_pictures() -> None:
    data = film("mp4")
    first, second = (list(read_frames(data, "a", VideoOptions(10.0))) for _ in range(2))
    assert all((a.image.pixels == b.image.pixels).all() for a, b in zip(first, second, strict=True))


def test_sound_is_a_signal_on_the_int16_scale() -> None:
    signal = read_sound(film("mkv", sound=True), "a.mkv")
    assert signal is not None
    assert signal.interval_ms == 0.125
    tone = np.round(8000 * np.sin(np.arange(16_000) / 3))
    np.testing.assert_allclose(signal.values[:, 0], tone, atol=0.01)
    assert read_sound(film("mkv"), "a.mkv") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (VideoOptions(10.0, max_frames=19), "more than 19 pictures"),
        (VideoOptions(max_pixels=64 * 48 - 1), "64 x 48 pixels"),
        (VideoOptions(max_seconds=1.5), "longer than 1.5 s"),
        (VideoOptions(rate_hz=0), "a rate of 0"),
        (VideoOptions(rate_hz=float("nan")), "a rate of nan"),
    ],
)
def test_limits_hold(options: VideoOptions, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        list(read_frames(film("mkv"), "a.mkv", options))


def test_lists_of_other_files_are_no_videos(tmp_path: Path) -> None:
    for text in (b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile '/etc/passwd'\n"):
        with pytest.raises(UnsupportedError, match="is no video"):
            list(read_frames(text, "a.mp4"))
        assert not is_video("a.mp4", text)


def test_a_cut_video_is_refused() -> None:
    data = film("mp4")
    with pytest.raises(DecodeError, match=r"a\.mp4: the video is damaged"):
        list(read_frames(data[: len(data) // 2], "a.mp4"))


@pytest.mark.slow
@pytest.mark.parametrize("extension", ["mp4", "avi", "mkv"])
@settings(max_examples=40, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 300),
)
def test_any_damage_is_read_or_refused(
    extension: str, edits: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(film(extension, count=5))
    for place, value in edits:
        data[place % len(data)] = value
    try:
        list(read_frames(bytes(data[: len(data) - cut]), "a", VideoOptions(10.0, max_frames=50)))
    except TinsmithError as error:
        assert str(error)  # noqa: PT017 - any of them will do


@pytest.mark.slow
def test_real_videos_are_read_and_damaged_ones_refused(shared_data: Path) -> None:
    sizes = {"bbb_mjpeg.avi": 4, "bbb_vfr.mkv": 4, "bigbuckbunny.mp4": 11, "dali_cfr.mov": 6}
    for name, count in sizes.items():
        path = shared_data / "format-zoo" / "video" / name
        assert len(list(read_frames(path, name, VideoOptions(rate_hz=2.0)))) == count
    for path in (shared_data / "malformed" / "video").iterdir():
        with pytest.raises(TinsmithError):
            list(read_frames(path, path.name))
