"""More training windows from the ones there are: changed copies that keep their label.

All of it is arithmetic on whole arrays of windows and repeats exactly for one seed. Only training
windows should be augmented, never those a model is judged on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, resolve
from tinsmith.datasets.windows import Windows

Floats = npt.NDArray[np.float32]
AxisKind = Literal["polar", "axial"]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "copies", "int", 1, "Copies", "Changed copies made of every training window.",
        minimum=0, maximum=50, search=(1, 2, 4),
    ),
    Parameter(
        "mirror", "float", 0.0, "Mirrored share",
        "Share of the copies that are mirrored, as if the device were worn on the other side of "
        "the body. Needs axes named x, y and z. Use 1 with a single copy to get each window once "
        "from the left and once from the right.",
        minimum=0.0, maximum=1.0, search=(0.0, 0.5, 1.0),
    ),
    Parameter(
        "mirror_axis", "choice", "x", "Mirrored axis",
        "Axis that points sideways. Accelerations change sign along it; rates of turn, being "
        "rotations, change sign along the other two. For a watch it is x, along the forearm.",
        choices=("x", "y", "z"),
    ),
    Parameter(
        "mirror_signs", "text", "", "Mirror signs",
        "Factor of every axis when mirroring, for example '-1,1,1,1,-1,-1'; empty finds them from "
        "the axis names.",
    ),
    Parameter(
        "rotation_rad", "float", 0.0, "Rotation",
        "Typical angle by which a copy is turned in space, the same for all three-axis sensors of "
        "a window: a device is never strapped on twice in the same way.",
        unit="rad", minimum=0.0, maximum=3.2, search=(0.0, 0.15, 0.3),
    ),
    Parameter(
        "scale", "float", 0.0, "Scale",
        "Typical relative change of strength, drawn for each sensor: 0.1 is about ten percent.",
        minimum=0.0, maximum=1.0, search=(0.0, 0.1),
    ),
    Parameter(
        "noise", "float", 0.0, "Noise",
        "Random noise added to each value, relative to the spread of its axis over all windows.",
        minimum=0.0, maximum=2.0, search=(0.0, 0.05),
    ),
    Parameter(
        "time_warp", "float", 1.0, "Time warp",
        "Largest factor by which a copy is made faster or slower: 1.1 is up to ten percent.",
        minimum=1.0, maximum=3.0, search=(1.0, 1.1),
    ),
    Parameter(
        "time_shift", "float", 0.0, "Time shift",
        "Largest shift in time as a share of the window; what leaves at one end comes back at the "
        "other.",
        minimum=0.0, maximum=1.0, search=(0.0, 0.1),
    ),
    Parameter(
        "axis_groups", "text", "", "Axis groups",
        "Which axes form the three axes of a sensor, as positions, for example "
        "'accelerometer=0,1,2; gyroscope=3,4,5'; empty finds them from the axis names.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class AugmentConfig:
    """What is done to the copies; see `PARAMETERS` for what each setting means."""

    copies: int = 1
    mirror: float = 0.0
    mirror_axis: Literal["x", "y", "z"] = "x"
    mirror_signs: str = ""
    rotation_rad: float = 0.0
    scale: float = 0.0
    noise: float = 0.0
    time_warp: float = 1.0
    time_shift: float = 0.0
    axis_groups: str = ""

    @staticmethod
    def from_settings(given: Mapping[str, Any], *, where: str = "augmentation") -> AugmentConfig:
        """The configuration from a design's settings, checked and with defaults filled in.

        Raises:
            DesignError: An unknown name or a value outside its limits.
        """
        return AugmentConfig(**resolve(PARAMETERS, given, where=where))

    def settings(self) -> dict[str, Any]:
        """The settings as a design stores them: those that differ from the defaults."""
        plain = AugmentConfig()
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != getattr(plain, field.name)
        }


@dataclass(frozen=True)
class AxisGroup:
    """The three axes of one sensor.

    Args:
        name: For messages.
        kind: "axial" for rates of turn and magnetic fields, which keep their sign along the
            mirrored axis; "polar" for accelerations and the rest.
        axes: Columns of x, y and z.
    """

    name: str
    kind: AxisKind
    axes: tuple[int, int, int]


def augment(windows: Windows, config: AugmentConfig, seed: int) -> Windows:
    """The windows followed by their changed copies, copy by copy.

    Labels, groups and positions are those of the originals.

    Raises:
        DesignError: Mirroring or rotation is asked for and the axes' directions are not known.
    """
    wanted = AugmentConfig.from_settings(config.settings())
    if wanted.copies == 0 or len(windows) == 0:
        return windows
    steps = _Steps(wanted, windows)
    count = len(windows)
    values = np.empty((count * (wanted.copies + 1), windows.values.shape[1]), np.float32)
    values[:count] = windows.values
    shape = (count, windows.num_frames, windows.num_axes)
    for copy in range(1, wanted.copies + 1):
        rng = np.random.default_rng([seed, copy])
        changed = steps.apply(windows.values.reshape(shape), rng)
        values[copy * count : (copy + 1) * count] = changed.reshape(count, -1)
    times = wanted.copies + 1
    return replace(
        windows,
        values=values,
        labels=windows.labels * times,
        groups=windows.groups * times,
        sample_index=np.tile(windows.sample_index, times),
        start_ms=np.tile(windows.start_ms, times),
    )


class _Steps:
    """The changes in their fixed order, with what they need to know about the axes."""

    def __init__(self, config: AugmentConfig, windows: Windows) -> None:
        self.config = config
        self.groups = axis_groups(windows.axis_names, config.axis_groups)
        flat = windows.values.reshape(-1, windows.num_axes)
        self.spread = flat.std(axis=0, dtype=np.float64).astype(np.float32)
        self.signs = self._mirror_signs(windows.axis_names) if config.mirror > 0 else None
        if config.rotation_rad > 0:
            self._require_groups(windows.axis_names, "rotation")

    def apply(self, values: Floats, rng: np.random.Generator) -> Floats:
        """A changed copy of float32 [n, frames, axes]."""
        config = self.config
        changed = values.astype(np.float32, copy=True)
        if self.signs is not None:
            chosen = rng.random(len(changed)) < config.mirror
            changed[chosen] *= self.signs
        if config.rotation_rad > 0:
            turn = rotations(rng.normal(0.0, config.rotation_rad, (len(changed), 3)))
            self._rotate(changed, turn)
        if config.scale > 0:
            self._scale(changed, rng)
        if config.time_warp > 1:
            limit = np.log(config.time_warp)
            changed = warp(changed, np.exp(rng.uniform(-limit, limit, len(changed))))
        if config.time_shift > 0:
            reach = round(config.time_shift * changed.shape[1])
            changed = roll(changed, rng.integers(-reach, reach + 1, len(changed)))
        if config.noise > 0:
            noise = rng.standard_normal(changed.shape, dtype=np.float32)
            changed += noise * (self.spread * np.float32(config.noise))
        return changed

    def _rotate(self, values: Floats, turn: Floats) -> None:
        for group in self.groups:
            axes = list(group.axes)
            values[:, :, axes] = np.einsum("nij,nfj->nfi", turn, values[:, :, axes])

    def _scale(self, values: Floats, rng: np.random.Generator) -> None:
        factors = np.ones((len(values), 1, values.shape[2]), np.float32)
        grouped = {axis for group in self.groups for axis in group.axes}
        single = [[axis] for axis in range(values.shape[2]) if axis not in grouped]
        for axes in [list(group.axes) for group in self.groups] + single:
            drawn = 1.0 + rng.normal(0.0, self.config.scale, (len(values), 1, 1))
            factors[:, :, axes] = np.maximum(drawn, 0.0)
        values *= factors

    def _mirror_signs(self, names: tuple[str, ...]) -> Floats:
        if self.config.mirror_signs:
            return _given_signs(self.config.mirror_signs, len(names))
        self._require_groups(names, "mirroring")
        signs = np.ones(len(names), np.float32)
        mirrored = "xyz".index(self.config.mirror_axis)
        for group in self.groups:
            for position, axis in enumerate(group.axes):
                if (position == mirrored) == (group.kind == "polar"):
                    signs[axis] = -1
        return signs

    def _require_groups(self, names: tuple[str, ...], step: str) -> None:
        if not self.groups:
            raise DesignError(
                f"{step} needs three axes x, y, z of one sensor; the axes are {', '.join(names)}",
                hint="name the axes accX, accY, accZ, ... or set axis_groups",
            )


# Sensors of rotation kind: gyroscopes and magnetometers (a field mirrors like a rotation).
_AXIAL = re.compile(r"^(g|gy|gyr|gyro|gyroscope|w|omega|rot.*|ang.*|m|mag.*)$")


def axis_groups(names: tuple[str, ...], given: str = "") -> tuple[AxisGroup, ...]:
    """The three-axis sensors among the axes.

    Axes belong together when their names differ only in a final (or first) x, y or z:
    `accX accY accZ`, `gyr_x gyr_y gyr_z`, `x y z`.

    Args:
        names: Axis names.
        given: Explicit groups, `name=0,1,2; other=3,4,5`; empty finds them by name.

    Raises:
        DesignError: `given` is not of that form.
    """
    if given:
        return tuple(_given_group(part, len(names)) for part in given.split(";") if part.strip())
    found: dict[str, dict[str, int]] = {}
    for column, name in enumerate(names):
        match = re.fullmatch(r"(?P<sensor>.*?)[ _.\-]?(?P<axis>[xyz])", name.strip(), re.IGNORECASE)
        if match:
            sensor = match["sensor"].lower()
            found.setdefault(sensor, {})[match["axis"].lower()] = column
    return tuple(
        AxisGroup(sensor, _kind(sensor), (axes["x"], axes["y"], axes["z"]))
        for sensor, axes in found.items()
        if len(axes) == 3
    )


def _kind(sensor: str) -> AxisKind:
    return "axial" if _AXIAL.match(re.split(r"[ _.\-\[(]", sensor)[0]) else "polar"


def _given_group(text: str, axes: int) -> AxisGroup:
    name, _, numbers = text.partition("=")
    try:
        columns = tuple(int(number) for number in numbers.split(","))
    except ValueError:
        columns = ()
    if len(columns) != 3 or len(set(columns)) != 3 or not all(0 <= c < axes for c in columns):
        raise DesignError(
            f"axis group {text.strip()!r} is not understood; expected a name and three different "
            f"positions between 0 and {axes - 1}, such as 'accelerometer=0,1,2'"
        )
    label = name.strip().lower()
    return AxisGroup(label, _kind(label), (columns[0], columns[1], columns[2]))


def _given_signs(text: str, axes: int) -> Floats:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != axes or any(part not in ("1", "+1", "-1") for part in parts):
        raise DesignError(f"mirror_signs is {text!r}; expected {axes} factors of 1 or -1")
    return np.array([float(part) for part in parts], np.float32)


def rotations(vectors: npt.NDArray[np.float64]) -> Floats:
    """Rotation matrices float32 [n, 3, 3] from rotation vectors [n, 3] (axis times angle).

    Rodrigues' formula: R = I + sin(a) K + (1 - cos(a)) K², K the cross-product matrix of the axis.
    """
    angle = np.linalg.norm(vectors, axis=1)
    x, y, z = (vectors / np.maximum(angle, 1e-12)[:, None]).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    sine = np.sin(angle)[:, None, None]
    cosine = np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross), np.float32)


def warp(values: Floats, factors: npt.NDArray[np.float64]) -> Floats:
    """Each window played `factors` times as fast about its middle, float32 [n, frames, axes].

    Frames between two are interpolated linearly; a faster window continues past its ends by
    running back (reflection), so that no jump is made.
    """
    frames = values.shape[1]
    if frames < 2:
        return values
    middle = (frames - 1) / 2
    position = middle + (np.arange(frames) - middle) * factors[:, None]
    period = 2.0 * (frames - 1)
    position = np.abs((position + frames - 1) % period - (frames - 1))
    below = np.minimum(position.astype(np.int64), frames - 2)
    share = (position - below).astype(np.float32)[:, :, None]
    low = np.take_along_axis(values, below[:, :, None], axis=1)
    high = np.take_along_axis(values, below[:, :, None] + 1, axis=1)
    return np.asarray(low + (high - low) * share, np.float32)


def roll(values: Floats, shifts: npt.NDArray[np.int64]) -> Floats:
    """Each window moved by its number of frames, what leaves one end entering at the other."""
    frames = values.shape[1]
    source = (np.arange(frames) - shifts[:, None]) % frames
    return np.take_along_axis(values, source[:, :, None], axis=1)
