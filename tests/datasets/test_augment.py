"""Augmented copies of windows."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DesignError
from tinsmith.datasets import AugmentConfig, Windows, augment
from tinsmith.datasets.augment import PARAMETERS, axis_groups, roll, rotations, warp

_NAMES = ("accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ")


def _windows(count: int = 8, frames: int = 20, names: tuple[str, ...] = _NAMES) -> Windows:
    values = np.random.default_rng(0).normal(size=(count, frames * len(names)))
    return Windows(
        values=values.astype(np.float32),
        labels=tuple("ab"[n % 2] for n in range(count)),
        groups=tuple(f"g{n % 3}" for n in range(count)),
        sample_index=np.arange(count, dtype=np.int32),
        start_ms=np.arange(count) * 100.0,
        num_frames=frames,
        num_axes=len(names),
        interval_ms=20.0,
        axis_names=names,
    )


def _copies(windows: Windows, **settings: object) -> np.ndarray:
    result = augment(windows, AugmentConfig.from_settings({"copies": 1, **settings}), seed=1)
    shape = (len(windows), windows.num_frames, windows.num_axes)
    return result.values[len(windows) :].reshape(shape)


def _original(windows: Windows) -> np.ndarray:
    return windows.values.reshape(len(windows), windows.num_frames, windows.num_axes)


def test_originals_come_first_and_copies_keep_labels_and_groups() -> None:
    windows = _windows()
    result = augment(windows, AugmentConfig(copies=3, noise=0.1), seed=1)
    assert len(result) == 32
    np.testing.assert_array_equal(result.values[:8], windows.values)
    assert result.labels == windows.labels * 4
    assert result.groups == windows.groups * 4
    np.testing.assert_array_equal(result.sample_index, np.tile(windows.sample_index, 4))
    assert result.values.dtype == np.float32
    assert not np.array_equal(result.values[8:16], result.values[16:24])


def test_one_seed_repeats_and_another_differs() -> None:
    windows = _windows()
    config = AugmentConfig(
        copies=2, mirror=0.5, rotation_rad=0.2, scale=0.1, noise=0.1, time_warp=1.2, time_shift=0.2
    )
    one = augment(windows, config, seed=7)
    np.testing.assert_array_equal(one.values, augment(windows, config, seed=7).values)
    assert not np.array_equal(one.values, augment(windows, config, seed=8).values)
    assert np.isfinite(one.values).all()


def test_no_copies_changes_nothing() -> None:
    windows = _windows()
    assert augment(windows, AugmentConfig(copies=0, noise=1.0), seed=1) is windows


def test_mirroring_a_wrist() -> None:
    windows = _windows()
    expected = _original(windows) * np.float32([-1, 1, 1, 1, -1, -1])
    np.testing.assert_array_equal(_copies(windows, mirror=1.0), expected)
    expected = _original(windows) * np.float32([1, -1, 1, -1, 1, -1])
    np.testing.assert_array_equal(_copies(windows, mirror=1.0, mirror_axis="y"), expected)
    given = _copies(windows, mirror=1.0, mirror_signs="1,1,-1,1,1,-1")
    np.testing.assert_array_equal(given, _original(windows) * np.float32([1, 1, -1, 1, 1, -1]))


def test_mirrored_share_is_a_share_of_windows() -> None:
    windows = _windows(400)
    mirrored = (_copies(windows, mirror=0.25)[:, 0, 0] != _original(windows)[:, 0, 0]).mean()
    assert 0.15 < mirrored < 0.35


def test_rotation_turns_all_sensors_of_a_window_alike_and_keeps_lengths() -> None:
    windows = _windows()
    original = _original(windows)
    original[:, :, 3:] = original[:, :, :3] * 2
    copies = _copies(windows, rotation_rad=0.3)
    np.testing.assert_allclose(copies[:, :, 3:], copies[:, :, :3] * 2, atol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(copies[:, :, :3], axis=2),
        np.linalg.norm(original[:, :, :3], axis=2),
        rtol=1e-5,
    )
    assert abs(copies - original).max() > 0.1


def test_rotation_matrices_agree_with_scipy() -> None:
    from scipy.spatial.transform import Rotation

    vectors = np.random.default_rng(0).normal(size=(50, 3))
    vectors[0] = 0
    np.testing.assert_allclose(
        rotations(vectors), Rotation.from_rotvec(vectors).as_matrix(), atol=1e-6
    )


def test_scale_is_one_factor_per_sensor() -> None:
    ratio = _copies(_windows(), scale=0.2) / _original(_windows())
    for group in (slice(0, 3), slice(3, 6)):
        own = ratio[:, :, group].reshape(8, -1)
        np.testing.assert_allclose(own, np.broadcast_to(own[:, :1], own.shape), rtol=1e-4)
    assert not np.allclose(ratio[:, 0, 0], ratio[:, 0, 3])


def test_noise_is_relative_to_the_spread_of_an_axis() -> None:
    windows = _windows(200)
    windows.values.reshape(-1, 6)[:, 2] *= 100
    added = _copies(windows, noise=0.1) - _original(windows)
    spread = windows.values.reshape(-1, 6).std(axis=0)
    np.testing.assert_allclose(added.reshape(-1, 6).std(axis=0), 0.1 * spread, rtol=0.05)


def test_warp_plays_faster_about_the_middle() -> None:
    ramp = np.arange(11, dtype=np.float32).reshape(1, 11, 1)
    np.testing.assert_allclose(warp(ramp, np.array([1.0])), ramp)
    slow = warp(ramp, np.array([0.5]))[0, :, 0]
    np.testing.assert_allclose(slow, 5 + (np.arange(11) - 5) * 0.5)
    fast = warp(ramp, np.array([1.2]))[0, :, 0]
    np.testing.assert_allclose(fast[:3], [1.0, 0.2, 1.4], atol=1e-6)


def test_roll_moves_in_a_circle() -> None:
    values = np.arange(4, dtype=np.float32).reshape(1, 4, 1).repeat(2, axis=0)
    rolled = roll(values, np.array([1, -1]))[:, :, 0]
    np.testing.assert_array_equal(rolled, [[3, 0, 1, 2], [1, 2, 3, 0]])


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (_NAMES, [("acc", "polar", (0, 1, 2)), ("gyr", "axial", (3, 4, 5))]),
        (("aX", "aY", "aZ", "gX", "gY", "gZ"),
         [("a", "polar", (0, 1, 2)), ("g", "axial", (3, 4, 5))]),
        (("accZ", "accY", "accX"), [("acc", "polar", (2, 1, 0))]),
        (("x", "y", "z"), [("", "polar", (0, 1, 2))]),
        (("gyroscope.x", "gyroscope.y", "gyroscope.z"), [("gyroscope", "axial", (0, 1, 2))]),
        (("mag_x", "mag_y", "mag_z", "temp"), [("mag", "axial", (0, 1, 2))]),
        (("gravity_x", "gravity_y", "gravity_z"), [("gravity", "polar", (0, 1, 2))]),
        (("audio",), []),
        (("accX", "accY"), []),
    ],
)  # fmt: skip
def test_groups_are_found_by_name(names: tuple[str, ...], groups: list[object]) -> None:
    assert [(g.name, g.kind, g.axes) for g in axis_groups(names)] == groups


def test_groups_can_be_given() -> None:
    (group,) = axis_groups(("p", "q", "r"), "gyroscope = 2,0,1")
    assert (group.kind, group.axes) == ("axial", (2, 0, 1))
    for text in ("acc=0,1", "acc=0,1,1", "acc=0,1,3", "acc=a,b,c", "0,1,2,"):
        with pytest.raises(DesignError, match="not understood"):
            axis_groups(("p", "q", "r"), text)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mirror": 0.5}, "mirroring needs"),
        ({"rotation_rad": 0.1}, "rotation needs"),
        ({"mirror": 1.0, "mirror_signs": "1,-1"}, "mirror_signs"),
        ({"time_warp": 0.5}, "time_warp is 0.5"),
        ({"copies": 1.5}, "copies is 1.5"),
        ({"mirror_axis": "w"}, "mirror_axis"),
        ({"sharpen": 1}, "unknown parameter 'sharpen'"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(DesignError, match=said):
        augment(_windows(names=("audio",)), AugmentConfig.from_settings(settings), seed=1)


def test_settings_round_trip_and_every_field_is_a_parameter() -> None:
    config = AugmentConfig(copies=2, mirror=1.0)
    assert config.settings() == {"copies": 2, "mirror": 1.0}
    assert AugmentConfig.from_settings(config.settings()) == config
    assert AugmentConfig.from_settings({}) == AugmentConfig()
    fields = [(name, getattr(AugmentConfig(), name)) for name in AugmentConfig.__dataclass_fields__]
    assert fields == [(parameter.name, parameter.default) for parameter in PARAMETERS]


def test_audio_can_be_shifted_scaled_and_warped() -> None:
    windows = _windows(names=("audio",))
    copies = _copies(windows, time_shift=0.5, scale=0.1, time_warp=1.1, noise=0.01)
    assert copies.shape == (8, 20, 1)
    assert not np.allclose(copies, _original(windows))
