"""Whether samples fit together: kind, rate, sensors, units, groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Sample
from tinsmith.signals import Sensor

# Clocks of small devices are off by up to about half a percent; that is the same rate.
RATE_TOLERANCE = 0.005
_NO_UNIT = frozenset({"", "n/a", "na", "none", "-"})


def group_names(samples: Sequence[Sample], key: str | None) -> tuple[str, ...]:
    """The group of each sample: its metadata value under `key`, or itself.

    Cropped samples of one recording are one group: they may overlap.

    Raises:
        DatasetError: A sample lacks the key; says which keys there are.
    """
    if key is None:
        return tuple(s.content_hash[:16] if s.span else s.id for s in samples)
    missing = [sample.name for sample in samples if key not in sample.metadata]
    if missing:
        known = sorted({name for sample in samples for name in sample.metadata})
        raise DatasetError(
            f"{len(missing)} of {len(samples)} samples have no metadata {key!r}: {_some(missing)}",
            hint=f"known keys: {', '.join(known) or 'none'}",
        )
    return tuple(sample.metadata[key] for sample in samples)


def same_rate(first_ms: float, second_ms: float) -> bool:
    """Whether two intervals differ by no more than rounding of their rates."""
    return abs(first_ms - second_ms) <= RATE_TOLERANCE * max(first_ms, second_ms)


def require_kind(samples: Sequence[Sample], kind: Literal["signal", "image"]) -> None:
    """Checks that all samples are recordings over time, or all pictures.

    Raises:
        DatasetError: There is no sample, or some are of the other kind.
    """
    if not samples:
        raise DatasetError("there are no samples; expected at least one", hint="import data first")
    others = [sample.name for sample in samples if sample.facts.kind != kind]
    if others:
        wanted = "recordings over time" if kind == "signal" else "pictures"
        found = "pictures" if kind == "signal" else "recordings over time"
        raise DatasetError(
            f"{len(others)} of {len(samples)} samples are {found}: {_some(others)}; "
            f"expected {wanted} only",
            hint="put pictures and recordings into separate projects",
        )


def common_interval(samples: Sequence[Sample], wanted_ms: float | None) -> float:
    """The interval of the windows; 0 if the samples have no time."""
    timeless = [sample.name for sample in samples if sample.facts.interval_ms == 0]
    if len(timeless) == len(samples):
        return 0.0
    if timeless:
        raise DatasetError(
            f"{len(timeless)} of {len(samples)} samples have no sampling rate: {_some(timeless)}",
            hint="give their interval in milliseconds when importing them",
        )
    if wanted_ms is not None:
        return wanted_ms
    common = Counter(sample.facts.interval_ms for sample in samples).most_common(1)[0][0]
    others = [s for s in samples if not same_rate(s.facts.interval_ms, common)]
    if others:
        seen = _some([f"{s.name} ({1000 / s.facts.interval_ms:g} Hz)" for s in others])
        raise DatasetError(
            f"most recordings have {1000 / common:g} Hz, but {len(others)} differ: {seen}",
            hint="set the frequency of the impulse; recordings are then resampled to it",
        )
    return common


def common_sensors(samples: Sequence[Sample], chosen: tuple[str, ...]) -> tuple[Sensor, ...]:
    """The sensors of the windows, after checking that every sample has them in the same units."""
    first = samples[0].facts.sensors
    wanted = chosen or tuple(sensor.name for sensor in first)
    fixed = bool(chosen)
    others = [s for s in samples if not _fits(s.facts.sensors, wanted, subset=fixed)]
    if others:
        expected = ", ".join(wanted)
        seen = _some([f"{s.name} ({', '.join(x.name for x in s.facts.sensors)})" for s in others])
        raise DatasetError(
            f"{len(others)} of {len(samples)} recordings do not have the axes {expected}: {seen}",
            hint="choose axes that all recordings have, or leave these recordings out",
        )
    _check_units(samples, wanted)
    by_name = {sensor.name: sensor for sensor in first}
    return first if not fixed else tuple(by_name[name] for name in wanted)


def _fits(sensors: tuple[Sensor, ...], wanted: tuple[str, ...], *, subset: bool) -> bool:
    names = tuple(sensor.name for sensor in sensors)
    if subset:
        return set(wanted) <= set(names)
    # The order may differ when names are unique: axes are then taken by name.
    return names == wanted or (len(set(wanted)) == len(wanted) and sorted(names) == sorted(wanted))


def _check_units(samples: Sequence[Sample], wanted: tuple[str, ...]) -> None:
    for name in dict.fromkeys(wanted):
        seen: dict[str, str] = {}
        for sample in samples:
            for sensor in sample.facts.sensors:
                if sensor.name == name and sensor.units.lower() not in _NO_UNIT:
                    seen.setdefault(sensor.units, sample.name)
        if len(seen) > 1:
            listed = ", ".join(f"{unit} (as in {sample})" for unit, sample in seen.items())
            raise DatasetError(
                f"the axis {name} comes in several units: {listed}",
                hint="convert the recordings to one unit before importing them",
            )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
