"""A Parquet table gives what the same table gives as CSV."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError, TinsmithError, UnsupportedError
from tinsmith.signals import Decoded, DecodeOptions, Segment, Signal, decode

pa = pytest.importorskip("pyarrow")
START = datetime(2024, 1, 31, 12, tzinfo=UTC)


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    from pyarrow import parquet as files

    buffer = io.BytesIO()
    files.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def text(columns: dict[str, list[Any]]) -> bytes:
    lines = [",".join(columns)]
    for row in zip(*columns.values(), strict=True):
        lines.append(",".join("" if cell is None else str(cell) for cell in row))  # noqa: PERF401
    return "\n".join(lines).encode()


def same(left: Decoded, right: Decoded) -> None:
    assert isinstance(left.content, Signal)
    assert isinstance(right.content, Signal)
    np.testing.assert_array_equal(left.content.values, right.content.values)
    assert left.content.interval_ms == right.content.interval_ms
    assert left.content.sensors == right.content.sensors
    assert (left.label, left.segments, left.metadata) == (
        right.label, right.segments, right.metadata,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ({"timestamp": [0, 10, 20, 30], "x": [1.5, None, 2.5, 3], "y": [1, 2, 3, 4]},
         DecodeOptions()),
        ({"t_s": [0.0, 0.5, 1.0], "a (m/s2)": [1, 2, 3], "what": ["on", "on", "off"]},
         DecodeOptions(label_column="what")),
        ({"x": [1, 2, 3], "who": ["me"] * 3}, DecodeOptions(interval_ms=5,
         metadata_columns=("who",), units={"x": "g"})),
        ({"date": ["2024-01-31 10:00:00", "2024-01-31 10:00:01"], "x": [1, 2]}, DecodeOptions()),
        ({"timestamp": [0, 10, 25, 30, 40], "x": [1, 2, 3, 4, 5]},
         DecodeOptions(resample_irregular=True)),
    ],
)  # fmt: skip
def test_parquet_and_csv_agree(columns: dict[str, list[Any]], options: DecodeOptions) -> None:
    same(decode(parquet(columns), "a.parquet", options), decode(text(columns), "a.csv", options))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_stored_times_keep_their_unit(unit: str) -> None:
    times = [START + timedelta(seconds=2 * row) for row in range(5)]
    columns = {"when": pa.array(times, pa.timestamp(unit, tz="UTC")), "x": [1, 2, 3, 4, 5]}
    found = decode(parquet(columns), "a.parquet").content
    assert isinstance(found, Signal)
    assert found.interval_ms == 2000
    assert found.axes == 1


def test_all_kinds_of_numbers_and_dictionaries_are_read() -> None:
    columns = {
        "f": pa.array([0.5, 1.5], pa.float16()),
        "b": [True, False],
        "d": pa.array([Decimal("1.00"), Decimal("2.50")]),
        "u": pa.array([7, 2**63], pa.uint64()),
        "what": pa.array(["on", "off"]).dictionary_encode(),
    }
    found = decode(parquet(columns), "a.parquet", DecodeOptions(interval_ms=1, label_column="what"))
    assert isinstance(found.content, Signal)
    np.testing.assert_array_equal(
        found.content.values, np.float32([[0.5, 1, 1, 7], [1.5, 0, 2.5, 2.0**63]])
    )
    assert found.segments == (Segment(0, 0, "on"), Segment(1, 1, "off"))


def test_more_rows_than_a_batch_and_several_groups_join() -> None:
    count = 10_000
    columns = {"timestamp": np.arange(count), "x": np.arange(count) % 7}
    found = decode(parquet(columns, row_group_size=3000), "a.parquet").content
    assert isinstance(found, Signal)
    np.testing.assert_array_equal(found.values[:, 0], np.arange(count) % 7)


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"x": [1, 2], "s": ["a", "b"]}, DecodeError, "'s' hold text"),
        ({"x": [[1], [2]]}, UnsupportedError, "holds list"),
        ({"x": [1.0, 2.0]}, DecodeError, "no time column"),
        ({"timestamp": [0, 1], "x": [1.0, float("inf")]}, DecodeError, "row 2, column 'x' is inf"),
        ({"timestamp": [0, 1], "x": [1.0, 1e300]}, DecodeError, "row 2, column 'x' is 1e"),
        ({"x": pa.array([], pa.float64())}, DecodeError, "no rows"),
    ],
)
def test_what_is_no_recording_is_refused(
    columns: dict[str, Any], error: type[TinsmithError], message: str
) -> None:
    with pytest.raises(error, match=message):
        decode(parquet(columns), "a.parquet")


def test_a_file_of_another_kind_is_no_parquet() -> None:
    with pytest.raises(DecodeError, match="no PARQUET file"):
        decode(b"timestamp,x\n0,1\n", "a.parquet")


@settings(max_examples=80, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 100),
)
def test_any_damage_is_read_or_refused(edits: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(parquet({"timestamp": list(range(50)), "x": [float(n) for n in range(50)]}))
    for place, value in edits:
        data[place % len(data)] = value
    try:
        decode(bytes(data[: len(data) - cut]), "a.parquet")
    except TinsmithError as error:
        assert str(error)  # noqa: PT017 - any of them will do


def test_real_parquet_is_read(shared_data: Path) -> None:
    folder = shared_data / "format-zoo" / "parquet"
    options = DecodeOptions(label_column="Occupancy")
    found = [
        decode(
            (folder / f"room_occupancy_2000rows_{codec}.parquet").read_bytes(), "a.parquet", options
        )
        for codec in ("snappy", "zstd")
    ]
    same(*found)
    assert isinstance(found[0].content, Signal)
    assert found[0].content.values.shape == (2000, 5)
    assert found[0].content.interval_ms == 60_000
    assert len(found[0].segments) == 18
