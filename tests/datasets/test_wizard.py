"""What a rule makes of a table, in a preview and in a stream."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tinsmith.core.errors import DecodeError
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.wizard import Piece, apply, preview
from tinsmith.signals import Segment, Signal, decode


def table(rows: int, *, labels: str = "", step: int = 10) -> bytes:
    names = labels or "a" * rows
    lines = [f"{n * step},{n},{-n},{names[n]}" for n in range(rows)]
    return ("timestamp,x,y,what\n" + "\n".join(lines) + "\n").encode()


def pieces(data: bytes | Path, **rule: Any) -> list[Piece]:
    return list(apply(data, "folder/run.csv", ImportRule(label_column="what", **rule)))


def signal(piece: Piece) -> Signal:
    assert isinstance(piece.decoded.content, Signal)
    return piece.decoded.content


def test_without_limits_a_table_is_one_sample_as_the_decoder_reads_it() -> None:
    rule = ImportRule(label_column="what")
    (piece,) = apply(table(9000), "run.csv", rule)
    whole = decode(table(9000), "run.csv", rule.decode_options())
    assert isinstance(whole.content, Signal)
    np.testing.assert_array_equal(signal(piece).values, whole.content.values)
    assert (piece.name, piece.decoded.label) == ("run", "a")
    assert (piece.first_line, piece.last_line) == (2, 9001)


@pytest.mark.parametrize("limit", [{"max_rows": 1000}, {"max_length_ms": 10_000.0}])
def test_long_recordings_are_split_and_nothing_is_lost(limit: dict[str, Any]) -> None:
    found = pieces(table(9001), **limit)
    assert [piece.name for piece in found][:2] == ["run.0001", "run.0002"]
    assert [signal(piece).frames for piece in found] == [*[1000] * 9, 1]
    joined = np.concatenate([signal(piece).values for piece in found])
    np.testing.assert_array_equal(joined[:, 0], np.arange(9001))
    assert {signal(piece).interval_ms for piece in found} == {10.0}
    assert [piece.first_line for piece in found] == [2 + 1000 * n for n in range(10)]


def test_labels_over_time_become_segments_one_label_or_several_samples() -> None:
    data = table(12, labels="aaaabbbbbbaa")
    (piece,) = pieces(data)
    assert piece.decoded.segments == (
        Segment(0, 3, "a"), Segment(4, 9, "b"), Segment(10, 11, "a"),
    )  # fmt: skip
    (piece,) = pieces(data, labels="last")
    assert (piece.decoded.label, piece.decoded.segments) == ("a", ())
    found = pieces(data, labels="split")
    assert [(piece.decoded.label, signal(piece).frames) for piece in found] == [
        ("a", 4), ("b", 6), ("a", 2),
    ]  # fmt: skip
    found = pieces(data, labels="split", max_rows=4)
    assert [signal(piece).frames for piece in found] == [4, 4, 2, 2]


def test_a_label_that_changes_where_chunks_meet_is_seen() -> None:
    found = pieces(table(9000, labels="a" * 4096 + "b" * 4904), labels="split")
    assert [signal(piece).frames for piece in found] == [4096, 4904]


def test_features_give_a_sample_a_row() -> None:
    found = pieces(table(3, labels="abc"), kind="features", value_columns=("x", "y"))
    assert [piece.decoded.label for piece in found] == ["a", "b", "c"]
    assert [signal(piece).values.tolist() for piece in found] == [[[0, 0]], [[1, -1]], [[2, -2]]]
    assert {signal(piece).interval_ms for piece in found} == {0.0}
    with pytest.raises(DecodeError, match="line 3: a value is missing"):
        list(apply(b"x,y\n1,2\n,4\n", "a.csv", ImportRule(kind="features")))


def test_jumps_in_time_refuse_the_file_or_begin_a_sample() -> None:
    lines = [f"{t},{t}" for t in (0, 10, 20, 500, 510, 520, 0, 10, 20)]
    data = ("timestamp,x\n" + "\n".join(lines)).encode()
    with pytest.raises(DecodeError, match=r"run\.csv: line"):
        list(apply(data, "run.csv", ImportRule()))
    found = list(apply(data, "run.csv", ImportRule(gaps="split")))
    assert [signal(piece).values[:, 0].tolist() for piece in found] == [
        [0, 10, 20], [500, 510, 520], [0, 10, 20],
    ]  # fmt: skip


def test_jumps_where_chunks_meet_are_seen() -> None:
    times = [10 * n + (5000 if n >= 4096 else 0) for n in range(5000)]
    data = ("timestamp,x\n" + "".join(f"{t},{t}\n" for t in times)).encode()
    found = list(apply(data, "run.csv", ImportRule(gaps="split")))
    assert [signal(piece).frames for piece in found] == [4096, 904]


def test_parquet_goes_the_same_way() -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    buffer = io.BytesIO()
    columns = {"timestamp": [10 * n for n in range(9000)], "x": list(range(9000)),
               "what": ["a"] * 5000 + ["b"] * 4000}  # fmt: skip
    parquet.write_table(pa.table(columns), buffer)
    rule = ImportRule(label_column="what", labels="split", max_rows=3000)
    found = list(apply(buffer.getvalue(), "run.parquet", rule))
    assert [(piece.decoded.label, signal(piece).frames) for piece in found] == [
        ("a", 3000), ("a", 2000), ("b", 3000), ("b", 1000),
    ]  # fmt: skip
    shown = preview(buffer.getvalue(), "run.parquet", rule, rows=5)
    assert shown.rows[1] == ("10", "1", "a")
    assert shown.roles == ("time", "value", "label")


def test_a_preview_shows_rows_roles_samples_and_problems() -> None:
    shown = preview(table(30, labels="a" * 10 + "b" * 20), "run.csv",
                    ImportRule(label_column="what", labels="split"), rows=3)  # fmt: skip
    assert shown.columns == ("timestamp", "x", "y", "what")
    assert shown.roles == ("time", "value", "value", "label")
    assert shown.rows == (("0", "0", "0", "a"), ("10", "1", "-1", "a"), ("20", "2", "-2", "a"))
    assert [(item.frames, item.label, item.interval_ms) for item in shown.samples] == [
        (10, "a", 10), (20, "b", 10),
    ]  # fmt: skip
    assert not shown.is_cut
    shown = preview(table(5), "run.csv", ImportRule())
    assert "'what' hold text" in shown.problems[0].message
    assert shown.rows


@pytest.mark.slow
def test_a_preview_of_a_long_file_reads_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_bytes(table(200_000))
    shown = preview(tmp_path / "long.csv", "long.csv", ImportRule(label_column="what"))
    assert shown.is_cut
    assert shown.problems == ()
    assert 10_000 < shown.samples[0].frames < 200_000


@pytest.mark.slow
def test_memory_is_bounded_by_the_longest_sample(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(b"timestamp,x\n")
        for block in range(40):
            file.write(
                b"".join(b"%d,%d\n" % (n, n) for n in range(block * 5000, block * 5000 + 5000))
            )
    tracemalloc.start()
    try:
        frames = sum(signal(p).frames for p in apply(path, "a.csv", ImportRule(max_rows=5000)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert frames == 200_000
    assert peak < 12_000_000, "the head, its lines, and a chunk or two"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_stream(encoding: str) -> None:
    text = "sep=;\nZeit;Kräfte (N)\n" + "".join(f"{n};{n},5\n" for n in range(20))
    (piece,) = apply(text.encode(encoding), "a.csv", ImportRule())
    assert signal(piece).sensors[0].name == "Kräfte"
    assert signal(piece).values[3, 0] == 3.5
    assert piece.first_line == 3


@pytest.mark.slow
def test_text_that_is_damaged_far_inside_is_refused_with_its_line() -> None:
    data = table(100_000) + b"\xff\xfe,1,2,a\n"
    with pytest.raises(DecodeError, match="damaged after line"):
        pieces(data, max_rows=1000)


@pytest.mark.parametrize(
    "fields",
    [{"delimiter": "ab"}, {"delimiter": "1"}, {"max_rows": 1}, {"interval_ms": 0}, {"other": 1},
     {"interval_ms": float("nan")}, {"version": 2}, {"skip_lines": -1}],
)  # fmt: skip
def test_a_rule_is_checked(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ImportRule(**fields)


def test_a_rule_is_stored_as_json_and_comes_back() -> None:
    rule = ImportRule(delimiter="\t", units={"x": "g"}, labels="split", max_length_ms=2000)
    assert ImportRule.model_validate_json(rule.model_dump_json()) == rule
